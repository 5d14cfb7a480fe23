{# Key, ETag, time of the last change size and kind of the objects that a run has staged. #}
{% import "macros.sql" as m %}
select
    object_key,
    etag,
    modified_at,
    size_bytes,
    kind
from {{ files | table }}
where kind {{ m.is_object() }}
