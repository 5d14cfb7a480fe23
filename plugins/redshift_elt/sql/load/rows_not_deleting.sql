{# The rows that compete with each other and with the deletes: fresh rows that do not delete and, unless the table is
   rebuilt, the target's rows of the keys that were staged. #}
{% import "macros.sql" as m %}
select
    {{ columns.names | columns }}
from {{ temporary.fresh | identifier }}
where not deletes_its_key
{% if not rebuild %}
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join {{ m.keys_of(temporary.fresh | identifier, key) }} as touched
    on {{ m.same_key(target, "touched", key) | indent(4) }}
{% endif %}
