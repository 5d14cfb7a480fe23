-- For each check and day of a month: for how many windows it was made, and how it came out. Of a window that was checked
-- several times the last result counts. Checks of full loads are of no day.
select
    target,
    check_name,
    date_trunc('day', window_start),
    count(*),
    sum(case when outcome = 'warned' then 1 else 0 end),
    sum(case when outcome = 'failed' then 1 else 0 end)
from (
    select
        target,
        check_name,
        window_start,
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
      and window_start >= %s
      and window_start < %s
) as results
where newest = 1
group by
    target,
    check_name,
    date_trunc('day', window_start)
order by
    target,
    check_name
limit 10000
