-- Ending what other sessions do (AWS pages "PG_CANCEL_BACKEND", "PG_TERMINATE_BACKEND", "CANCEL"): a user that of its
-- own, a cluster's master user that of everyone, in this database only. PostgreSQL's server holds other clusters too.

create or replace function standin.is_own_session(process integer)
returns boolean
language plpgsql
stable
as $$
declare
    owner text;
begin
    select usename
    into owner
    from pg_catalog.pg_stat_activity
    where pid = process
        and backend_type = 'client backend'
        and datname = pg_catalog.current_database()
        and usename <> 'rdsdb';
    if not found then
        raise warning 'PID % is not a PostgreSQL server process', process;
        return false;
    end if;
    if owner <> session_user and not pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'member') then
        raise exception 'must be superuser to signal other server processes' using errcode = 'insufficient_privilege';
    end if;
    return true;
end
$$;

-- COPY and UNLOAD mostly run outside PostgreSQL: the endpoint, which knows this code and shows it to no client, is told.
create or replace function standin.pg_cancel_backend(process integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    if not standin.is_own_session(process) then
        return 0;
    end if;
    raise info '%', process using errcode = 'SI001';
    return pg_catalog.pg_cancel_backend(process)::integer;
end
$$;

create or replace function standin.pg_terminate_backend(process integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    return (standin.is_own_session(process) and pg_catalog.pg_terminate_backend(process))::integer;
end
$$;

create or replace function standin.cancel(process integer)
returns void
language plpgsql
as $$
begin
    if standin.pg_cancel_backend(process) = 0 then
        raise exception 'Session % does not exist. The session PID might have changed. '
            'Check the stl_restarted_sessions system table for details.', process
            using errcode = 'internal_error';
    end if;
end
$$;

-- What PostgreSQL knows of all databases, as far as it is this one's; it goes by these names in every statement.
create or replace view standin.pg_locks as
select
    relation,
    database,
    transactionid::text::bigint as transaction,
    pid,
    mode,
    granted
from pg_catalog.pg_locks
where pid in (select pid from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database());

grant select on standin.pg_locks to public;
