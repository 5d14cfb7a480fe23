-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

delete from etl.rejects
where rejected_at < %(before)s;

delete from etl.schema_drift
where found_at < %(before)s;

delete from etl.check_results
using (
    select
        dag_id,
        max(checked_at) - interval '7 days' as shown_from
    from etl.check_results
    group by dag_id
) as latest
where latest.dag_id = etl.check_results.dag_id
    and etl.check_results.checked_at < %(before)s
    and etl.check_results.checked_at < latest.shown_from;

delete from etl.loads
using etl.loads as later
where etl.loads.loaded_at < %(before)s
    and later.target = etl.loads.target
    and later.loaded_at > etl.loads.loaded_at
    and later.window_start <= etl.loads.window_start
    and later.window_end >= etl.loads.window_end;

commit;


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

delete from etl.rejects
where rejected_at < %(before)s;

delete from etl.schema_drift
where found_at < %(before)s;

delete from etl.check_results
using (
    select
        dag_id,
        max(checked_at) - interval '7 days' as shown_from
    from etl.check_results
    group by dag_id
) as latest
where latest.dag_id = etl.check_results.dag_id
    and etl.check_results.checked_at < %(before)s
    and etl.check_results.checked_at < latest.shown_from;

delete from etl.loads
using etl.loads as later
where etl.loads.loaded_at < %(before)s
    and later.target = etl.loads.target
    and later.loaded_at > etl.loads.loaded_at
    and later.window_start <= etl.loads.window_start
    and later.window_end >= etl.loads.window_end;

commit;


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

delete from etl.rejects
where rejected_at < %(before)s;

delete from etl.schema_drift
where found_at < %(before)s;

delete from etl.check_results
using (
    select
        dag_id,
        max(checked_at) - interval '7 days' as shown_from
    from etl.check_results
    group by dag_id
) as latest
where latest.dag_id = etl.check_results.dag_id
    and etl.check_results.checked_at < %(before)s
    and etl.check_results.checked_at < latest.shown_from;

delete from etl.loads
using etl.loads as later
where etl.loads.loaded_at < %(before)s
    and later.target = etl.loads.target
    and later.loaded_at > etl.loads.loaded_at
    and later.window_start <= etl.loads.window_start
    and later.window_end >= etl.loads.window_end;

commit;


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

begin;

delete from etl.rejects
where rejected_at < %(before)s;

delete from etl.schema_drift
where found_at < %(before)s;

delete from etl.check_results
using (
    select
        dag_id,
        max(checked_at) - interval '7 days' as shown_from
    from etl.check_results
    group by dag_id
) as latest
where latest.dag_id = etl.check_results.dag_id
    and etl.check_results.checked_at < %(before)s
    and etl.check_results.checked_at < latest.shown_from;

delete from etl.loads
using etl.loads as later
where etl.loads.loaded_at < %(before)s
    and later.target = etl.loads.target
    and later.loaded_at > etl.loads.loaded_at
    and later.window_start <= etl.loads.window_start
    and later.window_end >= etl.loads.window_end;

commit;
