{# What exists: rows of a kind, user or table, and a name; that of a table is schema.table. #}
select
    'user' as kind,
    usename::varchar(256) as name
from pg_user
where usename = {{ user | literal }}
union all
select
    'table' as kind,
    (schemaname || '.' || tablename)::varchar(256) as name
from pg_tables
where schemaname in ('public', 'etl')
