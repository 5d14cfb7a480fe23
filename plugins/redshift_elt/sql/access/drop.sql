{# Drop tables that exist. #}
drop table
{% for name in tables %}
    {{ name | table }}{{ "," | sql if not loop.last }}
{% endfor %}
