{# Forget that a target has all rows of the periods that overlap an interval of time. Binds target, first and last: the
   beginning and the end of the interval. #}
delete from {{ bookkeeping }}.loaded_periods
where target = %(target)s
    and period_start < %(last)s
    and period_end > %(first)s
