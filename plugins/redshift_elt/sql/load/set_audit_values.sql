{# Set the audit columns of the rows that are about to be written. Binds the value of each column, with the number 1. #}
update {{ rows | identifier }}
set
{% for name in audit %}
    {{ name | identifier }} = {{ [name] | placeholders(1) }}{{ "," | sql if not loop.last }}
{% endfor %}
