{# The beginnings of the periods of the objects that a run stages. #}
{% import "macros.sql" as m %}
select distinct period_start
from {{ files | table }}
where kind {{ m.is_object() }}
order by period_start
