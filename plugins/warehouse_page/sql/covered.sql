{# The windows that a target was loaded for and that overlap a month. Binds dag_id, target, month_start and
   month_end, which is not included. #}
select
    window_start,
    window_end,
    full_load,
    max(started_at)
from {{ bookkeeping }}.loads
where dag_id = %(dag_id)s
    and target = %(target)s
    and window_start < %(month_end)s
    and window_end > %(month_start)s
group by
    window_start,
    window_end,
    full_load
