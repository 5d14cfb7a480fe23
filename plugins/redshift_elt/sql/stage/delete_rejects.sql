{# Delete rejects of a run. Binds dag_id, run_id and staging. #}
{% import "macros.sql" as m %}
delete from {{ bookkeeping }}.rejects
where {{ m.is_reject_of_run(files) | indent(4) }}
