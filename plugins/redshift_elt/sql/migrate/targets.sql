{# The tables that have a lock table of their bare name, as earlier versions created them for all schemas: the name, the
   number of tables that have it, the first of their schemas, whether one is in public, and whether the user may drop
   the lock table. All of it is on the leader node, which cannot join its catalogs with tables of users. #}
select
    tables.tablename::varchar(127) as name,
    count(*) as tables,
    min(tables.schemaname::varchar(127)) as schema_name,
    sum(case when tables.schemaname = 'public' then 1 else 0 end) as in_public,
    max(case when locks.tableowner = current_user or users.usesuper then 1 else 0 end) as may_drop
from pg_tables as locks
join pg_tables as tables
    on locks.tablename = 'lock_' || tables.tablename
join pg_user as users
    on users.usename = current_user
where locks.schemaname = '{{ bookkeeping }}'
    and tables.schemaname not in ('information_schema', 'pg_catalog', 'pg_internal')
group by tables.tablename
