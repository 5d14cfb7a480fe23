{# Drop the tables in which a run has staged; tables that do not exist are ignored. #}
drop table if exists
{% for name in tables %}
    {{ name | table }}{{ "," | sql if not loop.last }}
{% endfor %}
