{# The records that compete with each other and with the deletes: those that do not delete; unless "touched" is empty,
   only those with a key of these tables. #}
{% import "macros.sql" as m %}
select
    {{ columns.names | columns(records) }}
from {{ records | table }}
{% if touched %}
join {{ m.keys_of_all(touched, key) }} as touched
    on {{ m.same_key(records, "touched", key) | indent(4) }}
{% endif %}
where not {{ m.deletes_its_key(deletes, records) }}
