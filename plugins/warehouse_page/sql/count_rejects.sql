{# Counts the rejected records. Binds dag_id. #}
select count(*)
from etl.rejects
where dag_id = %(dag_id)s
