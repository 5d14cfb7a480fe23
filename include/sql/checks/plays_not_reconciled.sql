-- The number of plays of the window that were staged but not loaded, or loaded but not staged. If several plays of one
-- day share an id, the earliest counts. Nothing is counted once another run has loaded the same days, because it may
-- have staged a newer version of their files. (Each load also compares the two in its own transaction.)
select count(*)
from (
    select songplay_id
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
    where start_time >= %(window_start)s
        and start_time < %(window_end)s
) as staged
full join (
    select songplay_id
    from songplays
    where start_time >= %(window_start)s
        and start_time < %(window_end)s
) as loaded
    on loaded.songplay_id = staged.songplay_id
where
    (
        loaded.songplay_id is null
        or staged.songplay_id is null
    )
    and not exists (
        select 1
        from {{ bookkeeping_schema() }}.loads as others
        join {{ bookkeeping_schema() }}.loads as own
            on own.target = others.target
            and own.loaded_at < others.loaded_at
        where others.target = 'songplays'
            and others.window_end > date_trunc('day', %(window_start)s::timestamp)
            and others.window_start < date_trunc('day', %(window_end)s::timestamp) + interval '1 day'
            and own.dag_id = %(dag_id)s
            and own.run_id = %(run_id)s
            and own.window_start = %(window_start)s
            and own.window_end = %(window_end)s
            and (
                others.dag_id <> own.dag_id
                or others.run_id <> own.run_id
            )
    )
