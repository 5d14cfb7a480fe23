-- How many users play how many songs?
-- Users are counted in ranges of fifty plays; dividing integers drops the fraction, which gives the range.
with listeners as (
    select
        user_id,
        count(*) as plays
    from songplays
    group by user_id
),
ranges as (
    select
        (plays - 1) / 50 * 50 + 1 as plays_from,
        plays
    from listeners
)
select
    plays_from,
    plays_from + 49 as plays_to,
    count(*) as users,
    sum(plays) as plays
from ranges
group by plays_from
order by plays_from;
