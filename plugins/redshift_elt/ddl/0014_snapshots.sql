-- The snapshots that each target has loaded. Times are UTC. A load asks for one target, and for the time of a snapshot
-- and later ones.
create table if not exists {{ bookkeeping }}.snapshots (
    target varchar(127) not null encode raw,
    snapshot_at timestamp not null encode raw
)
diststyle even
compound sortkey (target, snapshot_at);
