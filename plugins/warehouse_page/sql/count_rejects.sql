select count(*)
from etl.rejects
where dag_id = %s
