{# How many of the staged objects a target has loaded in another version that is not older, and how many full loads of it
   have ended since the run began to list its source, together. Binds target and full_load_start, the window_start of full
   loads. #}
{% import "macros.sql" as m %}
select count(*)
from (
    select staged.object_key as newer
    from {{ files | table }} as staged
    join {{ bookkeeping }}.loaded_files as loaded
        on loaded.bucket = staged.bucket
        and loaded.object_key = staged.object_key
    where staged.kind {{ m.is_object() }}
        and loaded.target = %(target)s
        and loaded.etag <> staged.etag
        and loaded.modified_at >= staged.modified_at
    union all
    select target as newer
    from {{ bookkeeping }}.loads
    where {{ m.is_full_load_since_listing(files) | indent(8) }}
) as loaded_or_replaced
