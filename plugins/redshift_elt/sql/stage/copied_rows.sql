{# How many rows the last COPY of the session has loaded. #}
select pg_last_copy_count()
