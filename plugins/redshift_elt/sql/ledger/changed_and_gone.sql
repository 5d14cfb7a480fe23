{# Of the objects that some targets have all loaded in the same version, those that have changed and those that are not
   listed any more: the first of each, and how many there are. Binds bucket, first_key and key_end, which sorts after all
   keys of the source, target_1, target_2 and so on, and most: how many of each are returned. #}
{% import "macros.sql" as m with context %}
select
    outcome,
    object_key,
    objects
from (
    select
        outcome,
        object_key,
        count(*) over (partition by outcome) as objects,
        row_number() over (partition by outcome order by object_key) as place
    from (
        select
            loaded.object_key,
            case when count(listed.object_key) = 0 then 'gone' else 'changed' end as outcome
        from {{ m.loaded_by_all(targets) | indent(8) }} as loaded
        left join {{ listed | identifier }} as listed
            on listed.object_key = loaded.object_key
        group by loaded.object_key
        having count(case when listed.etag = loaded.etag then 1 end) = 0
    ) as differing
) as numbered
where place <= %(most)s
order by
    outcome,
    object_key
