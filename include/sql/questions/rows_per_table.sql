-- How many rows does every table of the star schema hold?
select 'artists' as table_name, count(*) as row_count
from artists
union all
select 'songplays', count(*)
from songplays
union all
select 'songs', count(*)
from songs
union all
select 'time', count(*)
from time
union all
select 'users', count(*)
from users
order by table_name;
