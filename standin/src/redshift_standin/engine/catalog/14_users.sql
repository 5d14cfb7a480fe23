-- Only superusers can create users and roles, and the cluster's master user is one (AWS pages "CREATE USER" and "System
-- permissions for RBAC").

create or replace procedure standin.check_superuser(action text)
language plpgsql
set search_path = pg_catalog
as $$
begin
    if not pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'member') then
        raise exception 'permission denied to %', action using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- The server has other clusters' users too: whom this database does not let in is none of its own.

create or replace procedure standin.create_user(name text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    call standin.check_superuser('create user');
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

-- Roles (AWS page "Role-based access control"). Those of another database or of a dropped one are other roles: the name
-- is made of the database's, and only a role of this database may connect to it.

create or replace function standin.role_name(name text)
returns text
language sql
stable
set search_path = pg_catalog
as $$ select 'role:' || pg_catalog.md5(pg_catalog.current_database() || ':' || name) $$;

create or replace procedure standin.create_role(name text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    role text := standin.role_name(name);
begin
    call standin.check_superuser('create role');
    if exists (
        select from pg_catalog.pg_roles
        where
            rolname = role
            and pg_catalog.has_database_privilege(oid, pg_catalog.current_database(), 'connect')
    ) then
        raise exception 'role "%" already exists', name using errcode = 'duplicate_object';
    end if;
    execute pg_catalog.format('drop role if exists %I', role);
    execute pg_catalog.format('create role %I', role);
    execute pg_catalog.format('grant connect on database %I to %I', pg_catalog.current_database(), role);
end
$$;

create or replace procedure standin.grant_maintenance(role text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    call standin.check_superuser('grant system permissions');
    execute pg_catalog.format('grant pg_maintain to %I', standin.role_name(role));
end
$$;

create or replace procedure standin.grant_role(role text, grantee text)
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    call standin.check_superuser('grant role');
    execute pg_catalog.format('grant %I to %I', standin.role_name(role), grantee);
end
$$;
