{# The counts of the last load of a task in a run that wrote rows, without placeholders, whose window is empty. Binds
   dag_id, run_id, task_id and window_end. #}
select
    rows_staged,
    inserted,
    updated,
    deleted,
    unchanged,
    late,
    deleted_by_source
from {{ bookkeeping }}.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and task_id = %(task_id)s
    and window_end = %(window_end)s
    and window_start < window_end
    and inserted + updated + deleted + late > 0
order by loaded_at desc
limit 1
