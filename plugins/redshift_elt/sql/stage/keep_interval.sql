{# Move the rows of one interval of event time into the staging table. Binds interval_start and interval_end. #}
insert into {{ staging | table }} (
    {{ names | columns }}
)
select
    {{ names | columns }}
from {{ incoming | identifier }}
where {{ column | identifier }} >= %(interval_start)s
    and {{ column | identifier }} < %(interval_end)s
