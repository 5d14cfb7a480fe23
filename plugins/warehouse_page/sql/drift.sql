{# The differences between fields and columns that were found last, each with the object in which it was found last.
   Binds dag_id. #}
select
    staging,
    kind,
    field_name,
    column_name,
    details,
    bucket,
    object_key,
    found_at,
    run_id
from (
    select
        staging,
        kind,
        field_name,
        column_name,
        details,
        bucket,
        object_key,
        found_at,
        run_id,
        row_number() over (
            partition by
                staging,
                kind,
                field_name
            order by
                found_at desc,
                object_key desc
        ) as place
    from {{ bookkeeping }}.schema_drift
    where dag_id = %(dag_id)s
        and kind <> 'none'
) as found
where place = 1
order by
    found_at desc,
    staging,
    kind,
    field_name
limit 20
