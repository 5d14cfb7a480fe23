{# The targets: last load, the time that their windows span, and the start of the last full load. Placeholders have an
   empty window: they are not a load of their dimension. Binds dag_id. #}
select
    target,
    max(loaded_at),
    min(case when full_load then null else window_start end),
    max(case when full_load then null else window_end end),
    max(case when full_load then started_at end)
from {{ bookkeeping }}.loads
where dag_id = %(dag_id)s
    and window_start < window_end
group by target
order by target
