{# Some of the objects that a target has loaded and that a run has not staged, in the order of their keys. Binds target,
   bucket, after: a text before the first of them, most: how many are returned and, if the keys are bounded, first_key and
   key_end. #}
{% import "macros.sql" as m %}
select object_key
from {{ bookkeeping }}.loaded_files as loaded
where {{ m.in_keys("loaded" | sql, bounded) | indent(4) }}
    and object_key > %(after)s
    and not exists (
        select 1
        from {{ files | table }} as staged
        where staged.bucket = loaded.bucket
            and staged.object_key = loaded.object_key
            and staged.kind {{ m.is_object() }}
    )
order by object_key
limit %(most)s
