{# The number and the size of the objects that a run stages. #}
{% import "macros.sql" as m %}
select
    count(*),
    coalesce(sum(size_bytes), 0)
from {{ files | table }}
where kind {{ m.is_object() }}
