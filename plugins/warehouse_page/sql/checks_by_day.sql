-- For each check and the days of a month: for how many windows it was made, and how it came out. Of a window that was
-- checked several times the last result counts. The windows of full loads, which end in 9999, are of no day.
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
    from etl.check_results
    where dag_id = %s
      and window_end > %s
      and window_start < %s
      and window_end < '9999-01-01'
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
