-- The distinct times of the plays among the staged events.
select distinct
    ts as start_time,
    extract(hour from ts) as hour,
    extract(day from ts) as day,
    extract(week from ts) as week,
    extract(month from ts) as month,
    extract(year from ts) as year,
    extract(dow from ts) as weekday
from {{ staging_table('staging_events', dag_run) }}
where page = 'NextSong'
