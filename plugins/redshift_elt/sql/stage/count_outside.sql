{# How many rows are not in one interval of event time. Binds interval_start and interval_end. #}
select count(*)
from {{ incoming | identifier }}
where {{ column | identifier }} < %(interval_start)s
    or {{ column | identifier }} >= %(interval_end)s
    or {{ column | identifier }} is null
