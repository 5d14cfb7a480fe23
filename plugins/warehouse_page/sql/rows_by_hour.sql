{# How many rows the fact has in each hour of a month. Binds month_start and month_end, which is not included. #}
select
    date_trunc('hour', {{ time_column | identifier }}),
    count(*)
from {{ fact | table }}
where {{ time_column | identifier }} >= %(month_start)s
    and {{ time_column | identifier }} < %(month_end)s
group by date_trunc('hour', {{ time_column | identifier }})
