-- The windows that a target was loaded for, as far as they have a part of a month.
select
    window_start,
    window_end,
    full_load,
    max(started_at)
from etl.loads
where dag_id = %s
  and target = %s
  and window_start < %s
  and window_end > %s
group by
    window_start,
    window_end,
    full_load
