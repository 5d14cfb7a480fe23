{# Note that a period has been copied. Binds period_start, rows_kept and rows_left_out. #}
insert into {{ periods | table }} (
    period_start,
    rows_kept,
    rows_left_out
)
values (
    %(period_start)s,
    %(rows_kept)s,
    %(rows_left_out)s
)
