{# The windows that a target has been loaded for and that overlap an interval of time. Binds target, first and last: the
   beginning and the end of the interval. #}
select distinct
    window_start,
    window_end
from {{ bookkeeping }}.loads
where target = %(target)s
    and window_start < %(last)s
    and window_end > %(first)s
