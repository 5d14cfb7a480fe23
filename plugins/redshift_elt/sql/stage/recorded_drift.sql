{# What the runs of a DAG have found in some objects. Binds dag_id, staging and bucket, and object_key_1 and so on. #}
{% import "macros.sql" as m %}
select distinct
    object_key,
    etag,
    kind,
    found_at
from {{ bookkeeping }}.schema_drift
where dag_id = %(dag_id)s
    and staging = %(staging)s
    and bucket = %(bucket)s
    and object_key in ({{ m.placeholder_list("object_key", keys) }})
