{# Find the rows of the table in the scope that are not among the fresh rows. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
{% set held %}
{{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
{% endset %}
insert into {{ temporary.stale | identifier }} (
    {{ columns.names | columns }}
)
{{ m.difference(columns, held, temporary.fresh | identifier) }}
