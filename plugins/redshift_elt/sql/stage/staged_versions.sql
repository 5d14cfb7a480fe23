{# Key, ETag and time of the last change of the objects that a run has staged. #}
{% import "macros.sql" as m %}
select
    object_key,
    etag,
    modified_at
from {{ files | table }}
where kind {{ m.is_object() }}
