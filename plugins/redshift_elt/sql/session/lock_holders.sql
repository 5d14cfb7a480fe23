{# What a session waits for, and the sessions that hold it: process, user and start of the transaction in UTC. The table
   is null if the session waits for a transaction. User and start are null if the session belongs to another user, unless
   this one is a superuser (AWS page "SVV_TRANSACTIONS"). Readers block only what needs a table for itself (AWS page
   "LOCK"). #}
select distinct
    schemas.nspname || '.' || tables.relname,
    holders.pid,
    transactions.txn_owner,
    transactions.txn_start
from pg_locks as waits
inner join pg_locks as holders
    on
        holders.granted
        and holders.pid <> waits.pid
        and (holders.relation = waits.relation or holders.transaction = waits.transaction)
        and (holders.mode <> 'AccessShareLock' or waits.mode = 'AccessExclusiveLock')
left join pg_class as tables on waits.relation = tables.oid
left join pg_namespace as schemas on tables.relnamespace = schemas.oid
left join svv_transactions as transactions on holders.pid = transactions.pid
where
    waits.pid = {{ pid | literal }}
    and not waits.granted
