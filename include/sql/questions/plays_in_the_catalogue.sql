-- How many plays match a song of the catalogue?
-- A play matches when title, artist and length are all exactly those of the song.
with matched as (
    select
        nvl2(song_id, 'in the catalogue', 'not in the catalogue') as matches,
        count(*) as plays,
        count(distinct song_id) as songs,
        count(distinct artist_id) as artists
    from songplays
    group by nvl2(song_id, 'in the catalogue', 'not in the catalogue')
)
select
    matches,
    plays,
    round(plays::decimal(18, 2) * 100 / sum(plays) over (), 2) as percent_of_plays,
    songs,
    artists
from matched
order by matches;
