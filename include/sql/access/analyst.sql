-- The user of analysts: reads the star schema, and what tells how far it can be trusted, and changes nothing.
-- It has no password, and logs in with temporary credentials. Run it as an administrator, once the tables are there.
create user sparkify_analyst password disable;

-- Redshift lets every user make tables and functions in public, unless that is taken from all of them. Those who shall go
-- on with it, as the user that loads, need the right by name.
revoke create on schema public from public;

grant usage on schema public, etl to sparkify_analyst;

grant select on table songplays, users, songs, artists, time, etl.loads, etl.check_results to sparkify_analyst;
