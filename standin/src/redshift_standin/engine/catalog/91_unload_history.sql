-- What UNLOAD remembers: the unload history and the files of each, written twice as the load history is.

create table if not exists standin.unload_history (
    query_id bigint not null,
    transaction_id bigint not null,
    session_id integer not null,
    user_name varchar(128) not null,
    database_name varchar(128) not null,
    status varchar(10) not null,
    start_time timestamp not null,
    end_time timestamp not null,
    file_format varchar(16) not null,
    compression_type varchar(16) not null,
    unloaded_location varchar(2048) not null,
    unloaded_rows bigint not null,
    unloaded_files_count bigint not null,
    unloaded_files_size bigint not null,
    error_message text not null
);
create index if not exists unload_history_query_id on standin.unload_history (query_id);
create index if not exists unload_history_session on standin.unload_history (session_id);
grant insert on standin.unload_history to public;
revoke select on standin.unload_history from public;

create table if not exists standin.unload_files (
    query_id bigint not null,
    slice integer not null,
    file_name varchar(1280) not null,
    line_count bigint not null,
    transfer_size bigint not null
);
create index if not exists unload_files_query_id on standin.unload_files (query_id);
grant insert on standin.unload_files to public;
revoke select on standin.unload_files from public;

-- Process numbers are used again, so what an earlier session did does not count.
create or replace function pg_catalog.pg_last_unload_count()
returns bigint
language sql
stable
security definer
set search_path = pg_catalog
as $$
    select coalesce(
        (
            select case when h.status = 'completed' then h.unloaded_rows else 0 end
            from standin.unload_history h
            join pg_catalog.pg_stat_activity a
                on a.pid = h.session_id and h.start_time >= a.backend_start at time zone 'UTC'
            where h.session_id = pg_catalog.pg_backend_pid()
            order by h.query_id desc
            limit 1
        ),
        0
    )
$$;

-- Needed for views, not for functions, in pg_catalog.
set allow_system_table_mods = on;

create or replace view pg_catalog.sys_unload_history as
select distinct on (h.query_id)
    coalesce(r.oid::bigint, 0)::integer as user_id,
    h.query_id,
    h.transaction_id,
    h.session_id,
    h.database_name::text as database_name,
    h.status::text as status,
    h.start_time,
    h.end_time,
    (extract(epoch from h.end_time - h.start_time) * 1000000)::bigint as duration,
    h.file_format::text as file_format,
    h.compression_type::text as compression_type,
    h.unloaded_location::text as unloaded_location,
    h.unloaded_rows,
    h.unloaded_files_count,
    h.unloaded_files_size,
    h.error_message
from standin.unload_history h
left join pg_catalog.pg_roles r on r.rolname = h.user_name
where standin.may_see(h.user_name)
order by h.query_id;

create or replace view pg_catalog.sys_unload_detail as
select distinct on (f.query_id, f.file_name)
    coalesce(r.oid::bigint, 0)::integer as user_id,
    f.query_id::integer as query_id,
    h.session_id,
    h.transaction_id,
    f.file_name::char(1280) as file_name,
    h.start_time,
    h.end_time,
    f.line_count,
    f.transfer_size,
    h.file_format::char(10) as file_format
from standin.unload_files f
join standin.unload_history h on h.query_id = f.query_id
left join pg_catalog.pg_roles r on r.rolname = h.user_name
where standin.may_see(h.user_name)
order by f.query_id, f.file_name;

create or replace view pg_catalog.stl_unload_log as
select distinct on (f.query_id, f.file_name)
    coalesce(r.oid::bigint, 0)::integer as userid,
    f.query_id::integer as query,
    f.slice,
    h.session_id as pid,
    f.file_name::char(1280) as path,
    h.start_time,
    h.end_time,
    f.line_count,
    f.transfer_size,
    h.file_format::char(10) as file_format
from standin.unload_files f
join standin.unload_history h on h.query_id = f.query_id
left join pg_catalog.pg_roles r on r.rolname = h.user_name
where standin.may_see(h.user_name)
order by f.query_id, f.file_name;

reset allow_system_table_mods;

grant select on pg_catalog.sys_unload_history, pg_catalog.sys_unload_detail, pg_catalog.stl_unload_log to public;
