{# Find the fresh rows that are missing from the table in the scope. Binds the intervals of the scope. #}
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
