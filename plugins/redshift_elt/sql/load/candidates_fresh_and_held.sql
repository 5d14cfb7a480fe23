{# The candidates of a load whose rows compete with those of the target: both. #}
{% import "macros.sql" as m %}
select
    {{ columns.names | columns }}
from {{ temporary.fresh | identifier }}
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join {{ m.keys_of(temporary.fresh | identifier, key) }} as touched
    on {{ m.same_key(target, "touched", key) | indent(4) }}
