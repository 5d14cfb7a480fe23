-- What a session says of itself.

create or replace function standin.version()
returns text
language sql
immutable
as $$
    select 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.434008'
$$;

-- The database's name in PostgreSQL is its cluster's and its own; the endpoint keeps the latter here.
create table if not exists standin.database (
    name text not null,
    only_row boolean not null primary key default true check (only_row)
);
grant select on standin.database to public;

create or replace function standin.current_database()
returns text
language sql
stable
as $$ select name from standin.database $$;
