{# Some of the objects that a run stages, of one period or of all, in the order of their keys. Binds after: a text before
   the first of them, most: how many are returned, and for one period period_start. #}
{% import "macros.sql" as m %}
select
    object_key,
    etag,
    size_bytes,
    modified_at,
    kind
from {{ files | table }}
where kind {{ m.is_object() }}
    and object_key > %(after)s
{% if of_period %}
    and period_start = %(period_start)s
{% endif %}
order by object_key
limit %(most)s
