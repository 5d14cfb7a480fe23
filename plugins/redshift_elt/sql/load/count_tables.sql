{# Whether there is a table. Binds schema and name. #}
select count(*)
from pg_tables
where schemaname = %(schema)s
    and tablename = %(name)s
