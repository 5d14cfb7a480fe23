{# Record the staged objects in a target's ledger. Binds target. #}
{% import "macros.sql" as m %}
insert into {{ bookkeeping }}.loaded_files (
    target,
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    loaded_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    etag,
    size_bytes,
    modified_at,
    sysdate
from {{ files | table }}
where kind {{ m.is_object() }}
