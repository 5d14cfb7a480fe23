{# The first of the staged objects that a target has loaded in another version, and how many there are. Binds target
   and most: how many are returned. #}
{% import "macros.sql" as m %}
select
    staged.bucket,
    staged.object_key,
    count(*) over () as objects
from {{ files | table }} as staged
join {{ bookkeeping }}.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind {{ m.is_object() }}
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag
group by
    staged.bucket,
    staged.object_key
order by
    staged.bucket,
    staged.object_key
limit %(most)s
