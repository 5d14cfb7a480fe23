{# How many rejects a run has. Binds dag_id, run_id and staging. #}
select count(*)
from {{ bookkeeping }}.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s
