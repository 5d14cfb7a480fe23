{# Write which objects a run has staged and which prefixes it has listed, or which objects S3 has listed. Binds the
   columns of each row, whose names end with the row's number from 1. #}
{% import "macros.sql" as m %}
{% set columns = ["bucket", "object_key", "etag", "size_bytes", "modified_at", "kind", "period_start"] %}
insert into {{ name | table }} (
    {{ columns | columns }}
)
values
{{ m.value_rows(columns, rows) }}
