{# Forget the snapshots of a target that are later than the one of a time. Binds target and snapshot_at. #}
delete from {{ bookkeeping }}.snapshots
where target = %(target)s
    and snapshot_at > %(snapshot_at)s
