{# How many objects and lines a COPY has read (AWS page "SYS_LOAD_DETAIL"). Binds query_id. #}
select
    count(*),
    sum(lines_scanned)
from sys_load_detail
where query_id = %(query_id)s
