{# Remove some objects from a target's ledger. Binds target, bucket, object_key_1 and so on. #}
{% import "macros.sql" as m %}
delete from {{ bookkeeping }}.loaded_files
where target = %(target)s
    and bucket = %(bucket)s
    and object_key in ({{ m.placeholder_list("object_key", keys) }})
