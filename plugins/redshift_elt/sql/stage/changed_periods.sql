{# The beginnings of the periods that have other objects than were staged before, or objects in other versions. #}
{% import "macros.sql" as m %}
select distinct coalesce(earlier.period_start, files.period_start)
from (
    select *
    from {{ earlier | identifier }}
    where kind {{ m.is_object() }}
) as earlier
full join (
    select *
    from {{ files | table }}
    where kind {{ m.is_object() }}
) as files
    on files.object_key = earlier.object_key
    and files.etag = earlier.etag
    and files.modified_at = earlier.modified_at
where files.object_key is null
    or earlier.object_key is null
