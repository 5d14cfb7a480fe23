{# The sessions for whose locks a session waits: process, user and start of the transaction in UTC. The last two are null
   if the session belongs to another user, unless this one is a superuser (AWS page "SVV_TRANSACTIONS"). #}
select distinct
    holders.pid,
    transactions.txn_owner,
    transactions.txn_start
from pg_locks as waits
inner join pg_locks as holders
    on
        holders.granted
        and holders.pid <> waits.pid
        and (holders.relation = waits.relation or holders.transaction = waits.transaction)
left join svv_transactions as transactions on holders.pid = transactions.pid
where
    waits.pid = {{ pid | literal }}
    and not waits.granted
