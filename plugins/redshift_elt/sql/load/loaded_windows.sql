{# The windows that a target has been loaded for, and the periods of which it has all rows, with the versions that these
   follow from; those that overlap an interval of time. Binds target, first and last: the beginning and the end of the
   interval. #}
select distinct
    window_start as loaded_start,
    window_end as loaded_end,
    null::varchar(64) as versions
from {{ bookkeeping }}.loads
where target = %(target)s
    and window_start < %(last)s
    and window_end > %(first)s
union all
select
    period_start,
    period_end,
    versions
from {{ bookkeeping }}.loaded_periods
where target = %(target)s
    and period_start < %(last)s
    and period_end > %(first)s
