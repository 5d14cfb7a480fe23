{# The periods that an unfinished staging has copied. #}
select
    period_start,
    rows_kept,
    rows_left_out
from {{ periods | table }}
where period_start is not null
