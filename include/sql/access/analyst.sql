-- The user of analysts: reads the star schema, and what tells how far it can be trusted, and changes nothing.
-- It has no password, and logs in with temporary credentials. Run it as an administrator, once the tables are there.
create user sparkify_analyst password disable;

grant usage on schema public, etl to sparkify_analyst;

grant select on table songplays, users, songs, artists, time, etl.loads, etl.check_results to sparkify_analyst;
