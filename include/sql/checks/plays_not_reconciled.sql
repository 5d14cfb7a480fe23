-- How many plays of the window were staged but not loaded, or loaded but not staged. Of several plays of one day with
-- one id the earliest counts. Nothing is counted once another run has loaded the same days: it may have staged a newer
-- version of their files. (Each load compares the two in its own transaction, too.)
select count(*)
from (
    select
        songplay_id
    from (
        select
            session_id::varchar || '-' || item_in_session::varchar as songplay_id,
            min(ts) as start_time
        from {{ staging_table('staging_events', dag_run) }}
        where page = 'NextSong'
        group by
            session_id,
            item_in_session,
            date_trunc('day', ts)
    ) as plays
    join run_window
        on start_time >= window_start
        and start_time < window_end
) as staged
full join (
    select songplay_id
    from songplays
    join run_window
        on start_time >= window_start
        and start_time < window_end
) as loaded
    on loaded.songplay_id = staged.songplay_id
where (
    loaded.songplay_id is null
    or staged.songplay_id is null
)
    and not exists (
        select 1
        from run_window
        join etl.loads as own
            on own.dag_id = run_window.dag_id
            and own.run_id = run_window.run_id
        join etl.loads as others
            on others.target = own.target
            and others.loaded_at > own.loaded_at
            and others.window_start < date_trunc('day', run_window.window_end) + interval '1 day'
            and others.window_end > date_trunc('day', run_window.window_start)
        where own.target = 'songplays'
            and (
                others.dag_id <> own.dag_id
                or others.run_id <> own.run_id
            )
    )
