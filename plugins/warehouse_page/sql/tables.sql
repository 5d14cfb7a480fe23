{# The tables that the page reads or counts; users see those that they may read. #}
select
    table_schema,
    table_name
from svv_tables
where table_type = 'BASE TABLE'
    and table_schema not in ('information_schema', 'pg_catalog', 'pg_internal')
