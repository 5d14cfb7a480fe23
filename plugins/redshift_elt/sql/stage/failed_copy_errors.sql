{# Why the last COPY of the session has failed. After a rollback pg_last_copy_id() need not return its id (AWS page
   "PG_LAST_COPY_ID"), so it is found by session and transaction. Errors that earlier COPYs of the transaction have
   tolerated count towards the limit, so they are returned too. Binds most. #}
select
    query_id,
    trim(file_name),
    line_number,
    trim(column_name),
    trim(column_type),
    error_code,
    trim(error_message)
from sys_load_error_detail
where session_id = pg_backend_pid()
    and transaction_id = (
      select max(transaction_id)
      from sys_load_error_detail
      where session_id = pg_backend_pid()
  )
order by
    query_id desc,
    file_name,
    line_number
limit %(most)s
