-- In which ten places are songs played most?
-- The place is the one that was logged with the play.
select
    location,
    count(*) as plays,
    count(distinct user_id) as users
from songplays
group by location
order by plays desc, location
limit 10;
