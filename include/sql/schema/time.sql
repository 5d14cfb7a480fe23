-- One row for each moment at which a song was played, with its parts in UTC; weekday 0 is Sunday.
-- Sorted by time, because loads overwrite windows of it, and distributed by it, because it is joined by it.
create table if not exists time (
    start_time timestamp not null encode raw,
    hour smallint not null encode az64,
    day smallint not null encode az64,
    week smallint not null encode az64,
    month smallint not null encode az64,
    year smallint not null encode az64,
    weekday smallint not null encode az64,
    primary key (start_time)
)
diststyle key
distkey (start_time)
sortkey (start_time);
