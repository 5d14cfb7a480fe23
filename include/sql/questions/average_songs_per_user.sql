-- How many songs does a user play on average?
-- Users who never played a song do not count. Counts are integers, and dividing integers would drop the fraction.
select
    count(distinct user_id) as users,
    count(*) as plays,
    round(count(*)::decimal(18, 2) / nullif(count(distinct user_id), 0), 2) as average_plays
from songplays;
