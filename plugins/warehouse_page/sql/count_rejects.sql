{# How many records were rejected. Binds dag_id. #}
select count(*)
from {{ bookkeeping }}.rejects
where dag_id = %(dag_id)s
