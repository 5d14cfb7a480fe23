{# The rejects of a run. Binds dag_id, run_id and staging. #}
select
    {{ names | columns }}
from {{ bookkeeping }}.rejects
where dag_id = %(dag_id)s
    and run_id = %(run_id)s
    and staging = %(staging)s
