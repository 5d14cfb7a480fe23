{# How many records were rejected. Binds dag_id. #}
select count(*)
from etl.rejects
where dag_id = %(dag_id)s
