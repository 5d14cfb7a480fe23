{# Rows of named tables. #}
grant select, insert, update, delete on table
{% for name in tables %}
    {{ name | table }}{{ "," | sql if not loop.last }}
{% endfor %}
to {{ user | identifier }}
