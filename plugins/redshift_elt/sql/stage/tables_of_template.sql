{# The tables whose names begin with the name of a template: those that runs have created like it, and a few others. Binds
   template. #}
select tablename
from pg_tables
where schemaname = 'public'
    and strpos(tablename, %(template)s) = 1
