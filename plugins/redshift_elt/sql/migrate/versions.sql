{# The migrations that have been applied. #}
select version
from {{ bookkeeping }}.schema_versions
order by version
