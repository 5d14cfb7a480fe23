{# Forget that a period has been copied. Binds period_start. #}
delete from {{ periods | table }}
where period_start = %(period_start)s
