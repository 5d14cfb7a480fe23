{# How many rows the run has changed in each target that it has loaded for its window. Binds window_start and
   window_end. #}
select
    target,
    sum(inserted + updated + deleted + late)
from {{ bookkeeping }}.loads
join this_run
    on this_run.dag_id = loads.dag_id
    and this_run.run_id = loads.run_id
where window_start >= %(window_start)s
    and window_end = %(window_end)s
group by target
