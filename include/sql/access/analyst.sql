-- The database user for analysts: can read the star schema and the results of checks and loads, and change nothing.
-- The user has no password and logs in with temporary credentials. Run this as an administrator after the tables exist.
-- If bookkeeping_schema is set to another name than etl, write that name.
create user sparkify_analyst password disable;

-- By default every Redshift user may create tables and functions in the schema public, so that right is revoked from
-- all of them. Users who still need it, such as the one that loads, must be granted it by name.
revoke create on schema public from public;

grant usage on schema public, etl to sparkify_analyst;

grant select on table songplays, users, songs, artists, time, etl.loads, etl.check_results to sparkify_analyst;
