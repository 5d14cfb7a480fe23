{# How many records a COPY has rejected (AWS page "SYS_LOAD_ERROR_DETAIL"). Binds query_id. #}
select count(*)
from sys_load_error_detail
where query_id = %(query_id)s
