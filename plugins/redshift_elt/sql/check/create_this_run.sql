{# Create the table that identifies the run for the SQL of checks; it is dropped at the end of the session. CREATE TABLE
   ... AS, because it collects the statistics of the table (AWS page "Analyzing tables"); its SELECT binds no values. #}
create temporary table this_run as
select
    {{ dag_id | literal }}::varchar(256) as dag_id,
    {{ run_id | literal }}::varchar(256) as run_id
