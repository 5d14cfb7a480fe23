{# Key, ETag and time of the last change of the objects that a run has staged. #}
select
    object_key,
    etag,
    modified_at
from {{ files | table }}
where kind <> 'listing'
