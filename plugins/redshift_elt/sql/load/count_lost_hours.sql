{# How many UTC hours have rows in a table, but no fresh row, and the first of them. #}
select
    count(*),
    min(held_hour)
from (
    select distinct date_trunc('hour', {{ window_column | identifier }}) as held_hour
    from {{ table | table }}
    except
    select distinct date_trunc('hour', {{ window_column | identifier }})
    from {{ temporary.fresh | identifier }}
) as lost_hours
