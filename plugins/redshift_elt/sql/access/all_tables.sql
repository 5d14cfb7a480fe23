{# All tables and views: schema and name. #}
select
    schemas.nspname,
    tables.relname
from pg_class as tables
inner join pg_namespace as schemas
    on tables.relnamespace = schemas.oid
where
    tables.relkind in ('r', 'v')
    and schemas.nspname not like 'pg!_%' escape '!'
    and schemas.nspname <> 'information_schema'
