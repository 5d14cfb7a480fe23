{# The user, and the tables of the schemas, if they exist: kind and name. The name of a table is schema.table. #}
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
where schemaname in (
{% for name in schemas %}
    {{ name | literal }}{{ "," | sql if not loop.last }}
{% endfor %}
)
