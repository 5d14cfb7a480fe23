{# How many windows were checked, with which outcome, for each check and the days of a month. If a window was
   checked several times, its last result counts. Full loads belong to no day.
   Binds dag_id, month_start, month_end, which is not included, and full_load_end. #}
select
    target,
    check_name,
    first_day,
    last_day,
    count(*),
    sum(case when outcome = 'warned' then 1 else 0 end),
    sum(case when outcome = 'failed' then 1 else 0 end)
from (
    select
        target,
        check_name,
        date_trunc('day', window_start) as first_day,
        date_trunc('day', dateadd(ms, -1, window_end)) as last_day,
        outcome,
        row_number() over (
            partition by
                target,
                check_name,
                window_start,
                window_end
            order by checked_at desc
        ) as newest
    from {{ bookkeeping }}.check_results
    where dag_id = %(dag_id)s
        and window_end > %(month_start)s
        and window_start < %(month_end)s
        and window_end < %(full_load_end)s
) as results
where newest = 1
group by
    target,
    check_name,
    first_day,
    last_day
order by
    target,
    check_name
limit 10000
