{# What the load history says of the last COPY of the session, and how many objects and lines its details have (AWS pages
   "SYS_LOAD_HISTORY" and "SYS_LOAD_DETAIL"). #}
select
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count,
    count(detail.query_id),
    sum(detail.lines_scanned)
from sys_load_history as history
left join sys_load_detail as detail
    on detail.query_id = history.query_id
where history.query_id = pg_last_copy_id()
    and history.status = 'completed'
group by
    history.query_id,
    history.loaded_rows,
    history.source_file_count,
    history.error_count
