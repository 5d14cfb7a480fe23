{# Stage the listed objects that some targets have not all loaded in their version. Binds bucket, first_key and key_end,
   which sorts after all keys of the source, target_1, target_2 and so on. #}
{% import "macros.sql" as m with context %}
{% set columns = ["bucket", "object_key", "etag", "size_bytes", "modified_at", "kind", "period_start"] %}
insert into {{ files | table }} (
    {{ columns | columns }}
)
select
    {{ columns | columns("listed") }}
from {{ listed | identifier }} as listed
left join {{ m.loaded_by_all(targets) }} as loaded
    on loaded.object_key = listed.object_key
    and loaded.etag = listed.etag
where loaded.object_key is null
