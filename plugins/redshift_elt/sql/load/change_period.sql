{# Record other versions of a period of which a target has all rows. Binds versions, target and period_start. #}
update {{ bookkeeping }}.loaded_periods
set versions = %(versions)s
where target = %(target)s
    and period_start = %(period_start)s
