{# Delete the rows of one period from a staging table. Binds interval_start and interval_end. #}
delete from {{ staging | table }}
where {{ column | identifier }} >= %(interval_start)s
    and {{ column | identifier }} < %(interval_end)s
