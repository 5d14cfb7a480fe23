{# The objects that a target has loaded and that a run has not staged. Binds target, bucket and, if the keys are bounded,
   first and end: the first key, and a text after the last one. #}
{% import "macros.sql" as m %}
select object_key
from {{ bookkeeping }}.loaded_files as loaded
where target = %(target)s
    and bucket = %(bucket)s
{% if bounded %}
    and object_key >= %(first)s
    and object_key < %(end)s
{% endif %}
    and not exists (
        select 1
        from {{ files | table }} as staged
        where staged.bucket = loaded.bucket
            and staged.object_key = loaded.object_key
            and staged.kind {{ m.is_object() }}
    )
