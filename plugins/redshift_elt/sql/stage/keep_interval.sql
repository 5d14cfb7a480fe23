{# Move the rows of one interval of event time into the staging table. The other table was created like it. Binds
   interval_start and interval_end. #}
insert into {{ staging | table }}
select *
from {{ incoming | identifier }}
where {{ column | identifier }} >= %(interval_start)s
    and {{ column | identifier }} < %(interval_end)s
