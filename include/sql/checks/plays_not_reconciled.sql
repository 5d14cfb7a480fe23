-- How many plays of the window were staged but not loaded, or loaded but not staged. Staged duplicates count once.
select count(*)
from (
    select distinct
        session_id::varchar || '-' || item_in_session::varchar as songplay_id
    from {{ staging_table('staging_events', dag_run) }}
    join run_window
        on ts >= window_start
        and ts < window_end
    where page = 'NextSong'
) as staged
full join (
    select songplay_id
    from songplays
    join run_window
        on start_time >= window_start
        and start_time < window_end
) as loaded
    on loaded.songplay_id = staged.songplay_id
where loaded.songplay_id is null
    or staged.songplay_id is null
