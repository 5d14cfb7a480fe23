{# The latest rejected records. Binds dag_id. #}
select
    bucket,
    object_key,
    line_number,
    column_name,
    reason,
    line,
    rejected_at,
    run_id
from {{ bookkeeping }}.rejects
where dag_id = %(dag_id)s
order by
    rejected_at desc,
    object_key,
    line_number
limit 100
