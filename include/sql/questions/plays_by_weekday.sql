-- On which days of the week are songs played?
-- Days are days in UTC, and 0 is Sunday; a weekday without a play is not listed.
select
    moments.weekday,
    case moments.weekday
        when 0 then 'Sunday'
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
    end as name,
    count(*) as plays
from songplays
join time as moments on moments.start_time = songplays.start_time
group by moments.weekday
order by moments.weekday;
