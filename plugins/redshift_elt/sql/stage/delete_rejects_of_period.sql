{# Delete the rejects of the objects that one period had before from a table of rejects. Binds period_start. #}
delete from {{ rejects | table }}
where object_key in (
    select object_key
    from {{ earlier | identifier }}
    where period_start = %(period_start)s
)
