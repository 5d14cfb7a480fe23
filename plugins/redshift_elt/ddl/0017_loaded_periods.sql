-- The periods of which a target has all rows that it should have: those of its loaded windows were compared with the
-- objects in these versions. versions is a digest of their keys and ETags and of the definition of the load. Times are
-- UTC. A load asks for one target and the periods that it has read; they are disjoint.
create table if not exists {{ bookkeeping }}.loaded_periods (
    target varchar(127) not null encode raw,
    period_start timestamp not null encode raw,
    period_end timestamp not null encode az64,
    versions varchar(64) not null encode zstd
)
diststyle even
compound sortkey (target, period_start);
