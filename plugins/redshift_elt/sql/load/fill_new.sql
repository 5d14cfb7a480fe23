{# Find the fresh rows that the table does not hold in the scope. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
{% set held %}
{{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
{% endset %}
insert into {{ temporary.new | identifier }} (
    {{ columns.names | columns }}
)
{{ m.difference(columns, temporary.fresh | identifier, held) }}
