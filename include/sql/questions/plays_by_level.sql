-- How much is played by free and by paying users?
-- The level is the one at the moment of the play, so a user who changed it counts in both lines.
with levels as (
    select
        level,
        count(*) as plays,
        count(distinct user_id) as users
    from songplays
    group by level
)
select
    level,
    plays,
    round(plays::decimal(18, 2) * 100 / sum(plays) over (), 2) as percent_of_plays,
    users,
    round(plays::decimal(18, 2) / nullif(users, 0), 2) as average_plays
from levels
order by level;
