{# Some of the records that a COPY has rejected, in the order of their lines (AWS page "SYS_LOAD_ERROR_DETAIL"). Texts in
   the view are padded with blanks. Binds query_id, start: the number of records before them, and most: how many are
   returned. The order is complete, so that no record is in two answers. #}
select
    query_id,
    trim(file_name),
    line_number,
    trim(column_name),
    trim(column_type),
    error_code,
    trim(error_message)
from sys_load_error_detail
where query_id = %(query_id)s
order by
    file_name,
    line_number,
    column_name,
    error_code,
    error_message
limit
    %(most)s
    offset %(start)s
