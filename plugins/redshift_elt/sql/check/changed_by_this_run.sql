{# How many rows a run has changed in each target that it has loaded for its window. Binds dag_id, run_id, window_start and
   window_end. #}
select
    target,
    sum(inserted + updated + deleted + late)
from {{ bookkeeping }}.loads
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target
