{# How the source was defined when an unfinished staging began, and which try of the task works on it. #}
select
    definition,
    claimed_by
from {{ periods | table }}
where period_start is null
