{# The latest results of checks that warned or failed. Binds dag_id. #}
select
    target,
    check_name,
    expected,
    actual,
    outcome,
    window_start,
    window_end,
    checked_at,
    run_id
from {{ bookkeeping }}.check_results
where dag_id = %(dag_id)s
    and outcome <> 'passed'
order by checked_at desc
limit 20
