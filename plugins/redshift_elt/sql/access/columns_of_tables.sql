{# The columns of some tables and views in any schema, by their names without it: schema, table and column. #}
select
    schemas.nspname,
    tables.relname,
    columns.attname
from pg_attribute as columns
inner join pg_class as tables
    on columns.attrelid = tables.oid
inner join pg_namespace as schemas
    on tables.relnamespace = schemas.oid
where
    tables.relname in (
{% for name in names %}
        {{ name | literal }}{{ "," | sql if not loop.last }}
{% endfor %}
    )
    and tables.relkind in ('r', 'v')
    and schemas.nspname not like 'pg!_%' escape '!'
    and columns.attnum > 0
    and not columns.attisdropped
order by schemas.nspname, tables.relname, columns.attnum
