{# The candidates of a load that has changed the records.
   If a record of a key was deleted, they are all records of the key that are left, because the target's row may come
   from the deleted one. For other keys they are the new records and the target's row, which is the result of all older
   records. #}
{% import "macros.sql" as m %}
{% set deleted %}
{{ m.keys_of(temporary.stale | identifier, key) }} as taken_back
{% endset %}
select
    {{ columns.names | columns(records) }}
from {{ records | table }}
join {{ deleted }}
    on {{ m.same_key(records, "taken_back", key) | indent(4) }}
union all
select
    {{ columns.names | columns(temporary.new) }}
from {{ temporary.new | identifier }}
left join {{ deleted }}
    on {{ m.same_key(temporary.new, "taken_back", key) | indent(4) }}
where taken_back.{{ key[0] | identifier }} is null
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join {{ m.keys_of(temporary.new | identifier, key) }} as touched
    on {{ m.same_key(target, "touched", key) | indent(4) }}
left join {{ deleted }}
    on {{ m.same_key(target, "taken_back", key) | indent(4) }}
where taken_back.{{ key[0] | identifier }} is null
