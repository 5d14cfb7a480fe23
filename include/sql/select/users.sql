-- The users of the staged events of any page; logged-out events have no user.
select
    user_id,
    first_name,
    last_name,
    gender,
    level,
    ts as level_as_of
from {{ staging_table('staging_events', dag_run) }}
where user_id is not null
