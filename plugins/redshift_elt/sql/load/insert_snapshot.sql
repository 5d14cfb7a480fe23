{# Record that a target has loaded a snapshot. Binds target and snapshot_at. #}
insert into {{ bookkeeping }}.snapshots (
    target,
    snapshot_at
)
values (
    %(target)s,
    %(snapshot_at)s
)
