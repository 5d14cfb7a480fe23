{# True if a column has a value that is not listed; null if it is null. #}
{{ column | identifier }} not in ({% for value in values %}{% if not loop.first %}, {% endif %}{{ value | literal }}{% endfor %})
