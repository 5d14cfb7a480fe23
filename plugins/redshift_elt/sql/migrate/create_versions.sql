{# The table of the migrations that have been applied. Times are UTC. #}
create table if not exists {{ bookkeeping }}.schema_versions (
    version integer not null encode az64,
    applied_at timestamp not null encode az64
)
diststyle all
