{# The latest loads since a moment. Binds dag_id and loads_since. #}
select
    run_id,
    target,
    task_id,
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    objects,
    rows_read,
    rejected,
    staging_seconds,
    waiting_seconds,
    preparing_seconds,
    writing_seconds,
    started_at,
    loaded_at
from {{ bookkeeping }}.loads
where dag_id = %(dag_id)s
    and loaded_at >= %(loads_since)s
order by loaded_at desc
limit 1000
