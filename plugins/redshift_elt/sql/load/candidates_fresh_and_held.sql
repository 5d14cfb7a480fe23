{# The candidates of a load whose rows compete with those of the target: both. #}
{% import "macros.sql" as m %}
select
    {{ columns.names | columns }}
from {{ temporary.fresh | identifier }}
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join (select distinct {{ key | columns(separator=", ") }} from {{ temporary.fresh | identifier }}) as touched
  on {{ m.same_key(target, "touched", key) }}
