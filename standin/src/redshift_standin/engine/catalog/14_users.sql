-- CREATE USER (AWS page "CREATE USER"): only superusers can run it, and the cluster's master user is one.
-- The server has other clusters' users too: whom this database does not let in is none of its own.

create or replace procedure standin.create_user(name text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    if not pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'member') then
        raise exception 'permission denied to create user' using errcode = 'insufficient_privilege';
    end if;
    if name in ('none', 'public', 'rdsdb') or pg_catalog.left(name, 3) = 'pg_' then
        raise exception 'user name "%" is reserved', name using errcode = 'reserved_name';
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = name) then
        execute pg_catalog.format('create role %I login', name);
    elsif pg_catalog.has_database_privilege(name, pg_catalog.current_database(), 'connect') then
        raise exception 'user "%" already exists', name using errcode = 'duplicate_object';
    end if;
    execute pg_catalog.format(
        'grant connect, temporary on database %I to %I', pg_catalog.current_database(), name
    );
end
$$;
