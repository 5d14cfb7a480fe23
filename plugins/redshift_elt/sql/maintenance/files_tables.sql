{# The tables that say what runs have staged, and a few others. #}
select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, '_files__') > 0
order by tablename
