{# True if a column matches a pattern of damaged text. #}
{% for column in columns %}{% if not loop.first %} or {% endif %}regexp_instr({{ column | identifier }}, {{ pattern | literal }}) > 0{% endfor %}
