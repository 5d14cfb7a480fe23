-- The users of all staged events, whatever the page. Logged-out events have no user.
select
    user_id,
    first_name,
    last_name,
    gender,
    level,
    ts as level_as_of
from {{ staging_table('staging_events', dag_run) }}
where user_id is not null
