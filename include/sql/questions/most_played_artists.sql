-- Which ten artists are played most?
-- Every play counts, with the artist as it was logged: most plays have no match in the catalogue.
select
    artist_name,
    count(*) as plays
from songplays
group by artist_name
order by plays desc, artist_name
limit 10;
