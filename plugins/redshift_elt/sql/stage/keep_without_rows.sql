{# Note which objects have no rows, of those that were staged before in the same version. #}
update {{ files | table }}
set kind = 'no rows'
where object_key in (
    select files.object_key
    from {{ files | table }} as files
    join {{ earlier | identifier }} as earlier
        on earlier.object_key = files.object_key
        and earlier.etag = files.etag
        and earlier.modified_at = files.modified_at
    where earlier.kind = 'no rows'
)
