{# Note that another try of the task works on an unfinished staging from now on. Binds claimed_by. #}
update {{ periods | table }}
set claimed_by = %(claimed_by)s
where period_start is null
