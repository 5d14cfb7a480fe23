-- One row for each user seen in the logs, with the level of the latest event in event time.
-- Distributed by user like songplays, so that the two are joined without moving rows.
create table if not exists users (
    user_id integer not null encode raw,
    first_name varchar(256) encode zstd,
    last_name varchar(256) encode zstd,
    gender varchar(8) encode zstd,
    level varchar(16) encode zstd,
    level_as_of timestamp not null encode az64,
    primary key (user_id)
)
diststyle key
distkey (user_id)
sortkey (user_id);
