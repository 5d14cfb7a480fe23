{# How many of the staged objects a target has loaded before in another version. Binds target. #}
{% import "macros.sql" as m %}
select count(*)
from {{ files | table }} as staged
join {{ bookkeeping }}.loaded_files as loaded
    on loaded.bucket = staged.bucket
    and loaded.object_key = staged.object_key
where staged.kind {{ m.is_object() }}
    and loaded.target = %(target)s
    and loaded.etag <> staged.etag
