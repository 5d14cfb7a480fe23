{# How many rejects a run has stored. Binds dag_id, run_id and staging. #}
{% import "macros.sql" as m %}
select count(*)
from {{ bookkeeping }}.rejects
where {{ m.is_reject_of_run(files) | indent(4) }}
