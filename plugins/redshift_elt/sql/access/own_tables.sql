{# Of tables with these names, in any schema, those that the user of the connection owns. #}
select
    schemaname,
    tablename
from pg_tables
where
    tablename in (
{% for name in names %}
        {{ name | literal }}{{ "," | sql if not loop.last }}
{% endfor %}
    )
    and tableowner = current_user
