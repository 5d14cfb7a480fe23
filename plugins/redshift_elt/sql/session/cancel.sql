{# Cancel the statement of another session of the same user (AWS page "PG_CANCEL_BACKEND"). #}
select pg_cancel_backend({{ pid | literal }})
