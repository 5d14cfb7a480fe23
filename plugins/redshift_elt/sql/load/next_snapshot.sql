{# The next later snapshot that a target has loaded, and whether it has loaded the one of this time. Binds target and
   snapshot_at. #}
select
    min(case when snapshot_at > %(snapshot_at)s then snapshot_at end),
    count(case when snapshot_at = %(snapshot_at)s then 1 end)
from {{ bookkeeping }}.snapshots
where target = %(target)s
    and snapshot_at >= %(snapshot_at)s
