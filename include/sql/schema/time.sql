-- One row for each moment at which a song was played, with its parts in UTC; weekday 0 is Sunday.
-- Sorted by time, by which it is loaded; distributed by it too, by which it is joined.
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
