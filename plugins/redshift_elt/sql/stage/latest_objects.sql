{# Of the objects that a run stages and that are not empty, those that were written last. Binds most. #}
{% import "macros.sql" as m %}
select
    object_key,
    etag,
    size_bytes,
    modified_at
from {{ files | table }}
where kind {{ m.is_object() }}
    and size_bytes > 0
order by
    modified_at desc,
    object_key desc
limit %(most)s
