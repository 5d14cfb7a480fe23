-- At which hours of the day are songs played?
-- Hours are hours in UTC; an hour without a play is not listed.
select
    moments.hour,
    count(*) as plays
from songplays
join time as moments on moments.start_time = songplays.start_time
group by moments.hour
order by moments.hour;
