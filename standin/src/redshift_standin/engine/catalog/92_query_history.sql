-- What the sessions have run (../../wire/query_history.py), of the last seven days: AWS page "SYS_QUERY_HISTORY".

create table if not exists standin.query_history (
    query_id bigint not null,
    user_name varchar(128) not null,
    database_name varchar(128) not null,
    session_id integer not null,
    query_type varchar(32) not null,
    query_text text not null,
    status varchar(10) not null,
    error_message text not null,
    returned_rows bigint not null,
    start_time timestamp not null,
    end_time timestamp not null
);
create index if not exists query_history_end_time on standin.query_history (end_time);
revoke select on standin.query_history from public;

-- COPY and UNLOAD have a number already.
create or replace function standin.keep_queries(queries json)
returns void
language sql
as $$
    delete from standin.query_history
    where end_time < now() at time zone 'UTC' - interval '7 days';

    insert into standin.query_history
    select
        coalesce(moved.query_id, nextval('standin.query_id')),
        listed.user_name,
        listed.database_name,
        listed.session_id,
        listed.query_type,
        listed.query_text,
        listed.status,
        listed.error_message,
        listed.returned_rows,
        listed.start_time,
        listed.end_time
    from json_populate_recordset(null::standin.query_history, queries) as listed
    left join lateral (
        select query_id
        from standin.load_history
        where listed.query_type = 'COPY'
            and session_id = listed.session_id
            and start_time between listed.start_time and listed.end_time
        union
        select query_id
        from standin.unload_history
        where listed.query_type = 'UNLOAD'
            and session_id = listed.session_id
            and start_time between listed.start_time and listed.end_time
        limit 1
    ) as moved on true
    order by listed.start_time;
$$;

set allow_system_table_mods = on;

-- What is null is not known here.
create or replace view pg_catalog.sys_query_history as
select
    coalesce(roles.oid::bigint, 0)::integer as user_id,
    history.query_id,
    null::char(320) as query_label,
    null::bigint as transaction_id,
    history.session_id,
    history.database_name::char(128) as database_name,
    history.query_type::char(32) as query_type,
    history.status::char(10) as status,
    false as result_cache_hit,
    history.start_time,
    history.end_time,
    (extract(epoch from history.end_time - history.start_time) * 1000000)::bigint as elapsed_time,
    0::bigint as queue_time,
    (extract(epoch from history.end_time - history.start_time) * 1000000)::bigint as execution_time,
    history.error_message::char(512) as error_message,
    history.returned_rows,
    null::bigint as returned_bytes,
    history.query_text::char(4000) as query_text
from standin.query_history as history
left join pg_catalog.pg_roles as roles on roles.rolname = history.user_name
where standin.may_see(history.user_name);

-- Without what STL_DDLTEXT and STL_UTILITYTEXT tell of: AWS page "STL_QUERY".
create or replace view pg_catalog.stl_query as
select
    user_id as userid,
    query_id::integer as query,
    query_label as label,
    transaction_id as xid,
    session_id as pid,
    database_name::char(32) as database,
    query_text as querytxt,
    start_time as starttime,
    end_time as endtime,
    (status <> 'success')::integer as aborted
from pg_catalog.sys_query_history
where query_type in ('COPY', 'CTAS', 'DELETE', 'INSERT', 'OTHER', 'SELECT', 'UNLOAD', 'UPDATE');

reset allow_system_table_mods;

grant select on pg_catalog.sys_query_history, pg_catalog.stl_query to public;
