{# The migrations that have been applied. #}
select version
from etl.schema_versions
order by version
