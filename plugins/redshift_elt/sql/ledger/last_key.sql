{# The last key below a prefix that every one of some targets has loaded in the same version. Binds bucket, prefix,
   prefix_end, which sorts after all keys below the prefix, target_1, target_2 and so on. #}
{% import "macros.sql" as m %}
select max(object_key)
from (
    select object_key
    from {{ bookkeeping }}.loaded_files
    where bucket = %(bucket)s
        and object_key > %(prefix)s
        and object_key < %(prefix_end)s
        and target in ({{ m.placeholder_list("target", targets | length) }})
    group by
        object_key,
        etag
    having count(*) = {{ targets | length }}
) as loaded_by_all
