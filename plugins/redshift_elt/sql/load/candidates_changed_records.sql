{# The candidates of a load that has changed the records.
   If a record of a key was deleted, they are all records of the key that are left, because the target's row may come
   from the deleted one. For other keys they are the new records and the target's row, which is the result of all older
   records. #}
{% import "macros.sql" as m %}
{% set deleted %}
(select distinct {{ key | columns(separator=", ") }} from {{ temporary.stale | identifier }}) as taken_back
{%- endset %}
select
    {{ columns.names | columns(records) }}
from {{ records | table }}
join {{ deleted }}
  on {{ m.same_key(records, "taken_back", key) }}
union all
select
    {{ columns.names | columns(temporary.new) }}
from {{ temporary.new | identifier }}
left join {{ deleted }}
  on {{ m.same_key(temporary.new, "taken_back", key) }}
where taken_back.{{ key[0] | identifier }} is null
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join (select distinct {{ key | columns(separator=", ") }} from {{ temporary.new | identifier }}) as touched
  on {{ m.same_key(target, "touched", key) }}
left join {{ deleted }}
  on {{ m.same_key(target, "taken_back", key) }}
where taken_back.{{ key[0] | identifier }} is null
