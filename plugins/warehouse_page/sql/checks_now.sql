-- Each check's last result, of those that were made within a week of the last one.
select
    target,
    check_name,
    severity,
    expected,
    actual,
    outcome,
    checked_at,
    run_id
from (
    select
        target,
        check_name,
        severity,
        expected,
        actual,
        outcome,
        checked_at,
        run_id,
        row_number() over (
            partition by
                target,
                check_name
            order by checked_at desc
        ) as newest
    from etl.check_results
    where dag_id = %s
      and checked_at >= (
          select max(checked_at) - interval '7 days'
          from etl.check_results
          where dag_id = %s
      )
) as results
where newest = 1
order by
    target,
    check_name
limit 1000
