{# The last result of each check of a DAG, failures first. The last run alone is not enough: a run leaves out the
   checks of tables that it has not changed. A check without a result in the seven days before the DAG's last one counts
   as removed. Binds dag_id. #}
with ranked as (
    select
        check_results.*,
        row_number() over (partition by target, check_name order by checked_at desc) as place
    from {{ bookkeeping }}.check_results
    where dag_id = %(dag_id)s
        and checked_at >= (
          select max(checked_at) - interval '7 days'
          from {{ bookkeeping }}.check_results
          where dag_id = %(dag_id)s
      )
)
select
    outcome,
    target,
    check_name,
    expected,
    actual,
    window_start,
    window_end,
    checked_at
from ranked
where place = 1
order by
    case outcome
        when 'failed' then 1
        when 'warned' then 2
        else 3
    end,
    target,
    check_name
