-- What COPY remembers: the load history, the load errors, and the last COPY of a session.
--
-- A row is written twice: in the client's transaction, whose snapshot would not show another transaction's row, and in
-- a transaction apart, which survives the client's rollback. The views show each row once.

create schema if not exists standin;
grant usage on schema standin to public;

-- The master user is what Redshift calls a superuser, and is in this role of PostgreSQL's.
create or replace function standin.is_superuser()
returns boolean
language sql
stable
as $$ select pg_catalog.pg_has_role(current_user, 'pg_read_all_data', 'usage') $$;

-- AWS page "Visibility of data in system tables and views": other users see what they did themselves.
create or replace function standin.may_see(user_name text)
returns boolean
language sql
stable
as $$ select user_name = current_user::text or standin.is_superuser() $$;

create sequence if not exists standin.query_id start with 1001;
grant usage on sequence standin.query_id to public;

create table if not exists standin.load_history (
    query_id bigint not null,
    transaction_id bigint not null,
    session_id integer not null,
    user_name varchar(128) not null,
    database_name varchar(128) not null,
    status varchar(10) not null,
    table_name varchar(256) not null,
    start_time timestamp not null,
    end_time timestamp not null,
    data_source varchar(2048) not null,
    file_format varchar(16) not null,
    loaded_rows bigint not null,
    loaded_bytes bigint not null,
    source_file_count integer not null,
    source_file_bytes bigint not null,
    error_count bigint not null
);
create index if not exists load_history_query_id on standin.load_history (query_id);
grant insert on standin.load_history to public;
revoke select on standin.load_history from public;

create table if not exists standin.load_errors (
    query_id bigint not null,
    error_number integer not null,
    transaction_id bigint not null,
    session_id integer not null,
    user_name varchar(128) not null,
    database_name varchar(128) not null,
    table_id bigint not null,
    start_time timestamp not null,
    file_name varchar(1024) not null,
    line_number bigint not null,
    column_name varchar(128) not null,
    column_type varchar(16) not null,
    column_length varchar(16) not null,
    "position" integer not null,
    raw_line varchar(1024) not null,
    raw_field_value varchar(1024) not null,
    error_code integer not null,
    error_message varchar(512) not null
);
alter table standin.load_errors add column if not exists slice integer not null default 0;
create index if not exists load_errors_query_id on standin.load_errors (query_id, error_number);
grant insert on standin.load_errors to public;
revoke select on standin.load_errors from public;

create table if not exists standin.load_commits (
    query_id bigint not null,
    file_name varchar(1024) not null,
    bytes_scanned bigint not null,
    lines_scanned bigint not null,
    error_count bigint not null,
    loaded_at timestamp not null
);
alter table standin.load_commits
    add column if not exists file_number integer not null default 0,
    add column if not exists user_name varchar(128) not null default '',
    add column if not exists started_at timestamp,
    add column if not exists slice integer not null default 0,
    add column if not exists file_etag varchar(256),
    add column if not exists file_last_modified timestamp;
create index if not exists load_commits_query_id on standin.load_commits (query_id);
grant insert on standin.load_commits to public;
revoke select on standin.load_commits from public;

create index if not exists load_history_aborted on standin.load_history (session_id) where status = 'aborted';

-- A COPY that succeeded is kept in the session's settings, which a rollback takes back; one that failed is in the
-- history only. Process numbers are used again, so what an earlier session did does not count.
create or replace function standin.last_failed_copy()
returns bigint
language sql
stable
security definer
set search_path = pg_catalog
as $$
    select coalesce(max(h.query_id), -1)
    from standin.load_history h
    join pg_catalog.pg_stat_activity a on a.pid = h.session_id and h.start_time >= a.backend_start at time zone 'UTC'
    where h.session_id = pg_catalog.pg_backend_pid() and h.status = 'aborted'
$$;

create or replace function standin.last_loaded_copy()
returns bigint
language sql
stable
as $$ select coalesce(nullif(current_setting('standin.last_copy_id', true), ''), '-1')::bigint $$;

create or replace function pg_catalog.pg_last_copy_count()
returns bigint
language sql
stable
as $$
    select case
        when standin.last_failed_copy() > standin.last_loaded_copy() then 0
        else coalesce(nullif(current_setting('standin.last_copy_count', true), ''), '0')::bigint
    end
$$;

create or replace function pg_catalog.pg_last_copy_id()
returns integer
language sql
stable
as $$ select greatest(standin.last_failed_copy(), standin.last_loaded_copy())::integer $$;

-- Needed for views, not for functions, in pg_catalog.
set allow_system_table_mods = on;

create or replace view pg_catalog.sys_load_history as
select distinct on (h.query_id)
    coalesce(r.oid::bigint, 0)::integer as user_id,
    h.query_id,
    h.transaction_id,
    h.session_id,
    h.database_name::char(128) as database_name,
    h.status::char(10) as status,
    h.table_name::char(128) as table_name,
    h.start_time,
    h.end_time,
    (extract(epoch from h.end_time - h.start_time) * 1000000)::bigint as duration,
    h.data_source::char(256) as data_source,
    h.file_format::char(16) as file_format,
    h.loaded_rows,
    h.loaded_bytes,
    h.source_file_count,
    h.source_file_bytes,
    h.source_file_count as file_count_scanned,
    h.source_file_bytes as file_bytes_scanned,
    h.error_count,
    0::bigint as copy_job_id
from standin.load_history h
left join pg_catalog.pg_roles r on r.rolname = h.user_name
where standin.may_see(h.user_name)
order by h.query_id;

create or replace view pg_catalog.sys_load_error_detail as
select distinct on (e.query_id, e.error_number)
    coalesce(r.oid::bigint, 0)::integer as user_id,
    e.query_id,
    e.transaction_id,
    e.session_id,
    e.database_name::char(64) as database_name,
    e.table_id::integer as table_id,
    e.start_time,
    e.file_name::char(256) as file_name,
    e.line_number,
    e.column_name::char(127) as column_name,
    e.column_type::char(10) as column_type,
    e.column_length::char(10) as column_length,
    e.position,
    e.error_code,
    e.error_message::char(512) as error_message
from standin.load_errors e
left join pg_catalog.pg_roles r on r.rolname = e.user_name
where standin.may_see(e.user_name)
order by e.query_id, e.error_number;

create or replace view pg_catalog.stl_load_errors as
select distinct on (e.query_id, e.error_number)
    coalesce(r.oid::bigint, 0)::integer as userid,
    e.slice,
    e.table_id::integer as tbl,
    e.start_time as starttime,
    e.session_id as session,
    e.query_id::integer as query,
    e.file_name::char(256) as filename,
    e.line_number,
    e.column_name::char(127) as colname,
    e.column_type::char(10) as type,
    e.column_length::char(10) as col_length,
    e.position,
    e.raw_line::char(1024) as raw_line,
    e.raw_field_value::char(1024) as raw_field_value,
    e.error_code as err_code,
    e.error_message::char(100) as err_reason,
    0 as is_partial,
    0::bigint as start_offset,
    0::bigint as copy_job_id
from standin.load_errors e
left join pg_catalog.pg_roles r on r.rolname = e.user_name
where standin.may_see(e.user_name)
order by e.query_id, e.error_number;

create or replace view pg_catalog.sys_load_detail as
select distinct on (c.query_id, c.file_number, c.file_name)
    coalesce(r.oid::bigint, 0)::integer as user_id,
    c.query_id,
    c.file_name::char(256) as file_name,
    least(c.bytes_scanned, 2147483647)::integer as bytes_scanned,
    c.lines_scanned::integer as lines_scanned,
    c.loaded_at as record_time,
    1 as splits_scanned,
    coalesce(c.started_at, c.loaded_at) as start_time,
    c.loaded_at as end_time,
    c.file_etag::char(256) as file_etag,
    c.file_last_modified
from standin.load_commits c
left join pg_catalog.pg_roles r on r.rolname = c.user_name
where standin.may_see(c.user_name)
order by c.query_id, c.file_number, c.file_name;

-- It once began with the query, and a view that is replaced keeps its first columns.
do $$
begin
    if exists (
        select from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass('pg_catalog.stl_load_commits') and attnum = 1 and attname = 'query'
    ) then
        drop view pg_catalog.stl_load_commits;
    end if;
end
$$;

create or replace view pg_catalog.stl_load_commits as
select distinct on (c.query_id, c.file_number, c.file_name)
    coalesce(r.oid::bigint, 0)::integer as userid,
    c.query_id::integer as query,
    c.slice,
    c.file_name::char(256) as name,
    c.file_name::char(256) as filename,
    0 as byte_offset,
    c.lines_scanned::integer as lines_scanned,
    c.error_count::integer as errors,
    c.loaded_at as curtime,
    1 as status,
    (
        select h.file_format::char(16)
        from standin.load_history h
        where h.query_id = c.query_id
        limit 1
    ) as file_format,
    0 as is_partial,
    0::bigint as start_offset,
    0::bigint as copy_job_id
from standin.load_commits c
left join pg_catalog.pg_roles r on r.rolname = c.user_name
where standin.may_see(c.user_name)
order by c.query_id, c.file_number, c.file_name;

reset allow_system_table_mods;

grant select on pg_catalog.sys_load_history, pg_catalog.sys_load_detail, pg_catalog.sys_load_error_detail to public;
grant select on pg_catalog.stl_load_errors, pg_catalog.stl_load_commits to public;
