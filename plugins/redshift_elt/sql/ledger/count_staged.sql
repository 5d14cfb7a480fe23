{# How many objects a run has staged, and how many listings it has made. #}
select
    count(case when kind not in ('listing', 'run') then 1 end),
    count(case when kind = 'listing' then 1 end)
from {{ files | table }}
