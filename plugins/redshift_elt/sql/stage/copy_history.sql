{# What the load history says of the last COPY of the session (AWS page "SYS_LOAD_HISTORY"). #}
select
    query_id,
    loaded_rows,
    source_file_count,
    error_count
from sys_load_history
where query_id = pg_last_copy_id()
    and status = 'completed'
