-- What ACCEPTINVCHARS replaced, written twice as in 90_load_history.sql.

create table if not exists standin.load_replacements (
    query_id bigint not null,
    replacement_number integer not null,
    session_id integer not null,
    user_name varchar(128) not null,
    table_id bigint not null,
    start_time timestamp not null,
    file_name varchar(1024) not null,
    line_number bigint not null,
    column_name varchar(128) not null,
    raw_line varchar(1024) not null
);
alter table standin.load_replacements add column if not exists slice integer not null default 0;
create index if not exists load_replacements_query_id on standin.load_replacements (query_id, replacement_number);
grant insert on standin.load_replacements to public;
revoke select on standin.load_replacements from public;

set allow_system_table_mods = on;

create or replace view pg_catalog.stl_replacements as
select distinct on (p.query_id, p.replacement_number)
    coalesce(r.oid::bigint, 0)::integer as userid,
    p.query_id::integer as query,
    p.slice,
    0 as node,
    p.table_id::integer as tbl,
    p.start_time as starttime,
    p.session_id as session,
    p.file_name::char(256) as filename,
    p.line_number,
    p.column_name::char(127) as colname,
    p.raw_line::char(1024) as raw_line
from standin.load_replacements p
left join pg_catalog.pg_roles r on r.rolname = p.user_name
where standin.may_see(p.user_name)
order by p.query_id, p.replacement_number;

reset allow_system_table_mods;

grant select on pg_catalog.stl_replacements to public;
