{# Delete results of checks, except those of the last days of each DAG, which are shown as its latest results. Binds before. #}
delete from {{ bookkeeping }}.check_results
using (
    select
        dag_id,
        max(checked_at) - interval '7 days' as shown_from
    from {{ bookkeeping }}.check_results
    group by dag_id
) as latest
where latest.dag_id = {{ bookkeeping }}.check_results.dag_id
    and {{ bookkeeping }}.check_results.checked_at < %(before)s
    and {{ bookkeeping }}.check_results.checked_at < latest.shown_from
