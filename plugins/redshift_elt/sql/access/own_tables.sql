{#
Of tables with these names, in any schema, those that the user of the connection owns: schema, name, and whether the name
alone means this table.
#}
select
    schemaname,
    tablename,
    schemaname = current_schema() as is_default
from pg_tables
where
    tablename in (
{% for name in names %}
        {{ name | literal }}{{ "," | sql if not loop.last }}
{% endfor %}
    )
    and tableowner = current_user
