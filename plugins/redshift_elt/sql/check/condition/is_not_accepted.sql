{# Holds of rows in which a column has another value than those listed; not of nulls. #}
{{ column | identifier }} not in ({% for value in values %}{% if not loop.first %}, {% endif %}{{ value | literal }}{% endfor %})
