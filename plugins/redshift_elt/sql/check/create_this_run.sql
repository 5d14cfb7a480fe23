{# Create the table that identifies the run for the SQL of checks; it is dropped at the end of the session. #}
create temporary table this_run (
    dag_id varchar(256),
    run_id varchar(256)
)
