{# Write the one row of this_run. Binds dag_id and run_id. #}
insert into this_run (
    dag_id,
    run_id
)
values (
    %(dag_id)s,
    %(run_id)s
)
