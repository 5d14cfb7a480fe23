{# Note which objects of the periods that are copied already have no rows. #}
update {{ files | table }}
set kind = 'no rows'
where period_start in (
    select copied.period_start
    from {{ periods | table }} as copied
)
and object_key in (
    select earlier.object_key
    from {{ earlier | identifier }} as earlier
    where earlier.kind = 'no rows'
)
