{# The objects that every one of some targets has loaded in the same version.
   Binds bucket, target_1, target_2 and so on. #}
{% import "macros.sql" as m %}
select
    object_key,
    etag
from {{ bookkeeping }}.loaded_files
where bucket = %(bucket)s
    and target in ({{ m.placeholder_list("target", targets | length) }})
group by
    object_key,
    etag
having count(*) = {{ targets | length }}
