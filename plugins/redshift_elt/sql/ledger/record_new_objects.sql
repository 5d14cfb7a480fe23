{# Record the staged objects that a target's ledger does not have in the same version. Binds target, bucket and, if the
   range of keys is bounded, first_key and key_end. #}
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
from {{ files | table }} as staged
where kind {{ m.is_object() }}
    and not exists (
        select 1
        from {{ bookkeeping }}.loaded_files as loaded
        where {{ m.in_keys("loaded" | sql, bounded) | indent(12) }}
            and loaded.object_key = staged.object_key
            and loaded.etag = staged.etag
    )
