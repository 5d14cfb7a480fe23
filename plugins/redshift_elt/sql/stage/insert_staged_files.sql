{# Write which objects a run has staged and which prefixes it has listed.
   Binds, for row 1 and so on, bucket_1, object_key_1, etag_1, size_bytes_1, modified_at_1 and kind_1. #}
{% import "macros.sql" as m %}
{% set columns = ["bucket", "object_key", "etag", "size_bytes", "modified_at", "kind"] %}
insert into {{ files | table }} (
    {{ columns | columns }}
)
values
{{ m.value_rows(columns, rows) }}
