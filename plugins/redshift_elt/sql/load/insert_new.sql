{# Insert the new rows, with the values of the audit columns, which are bound with the number 1. #}
insert into {{ table | table }} (
    {{ (columns.names | list + audit | list) | columns }}
)
select
    {{ columns.names | columns }}{{ "," | sql if audit }}
{% for name in audit %}
    {{ [name] | placeholders(1) }}{{ "," | sql if not loop.last }}
{% endfor %}
from {{ temporary.new | identifier }}
