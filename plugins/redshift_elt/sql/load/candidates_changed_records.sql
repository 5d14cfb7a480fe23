{# The candidates of a load that has changed the records.
   If a record of a key was deleted ("any_deleted"), they are all records of the key that are left, because the target's
   row may come from the deleted one. For other keys ("any_new") they are the new records and the target's row, which is
   the result of all older records. #}
{% import "macros.sql" as m %}
{% set deleted %}
{{ m.keys_of(temporary.stale | identifier, key) }} as taken_back
{% endset %}
{% if any_deleted %}
select
    {{ columns.names | columns(records) }}
from {{ records | table }}
join {{ deleted }}
    on {{ m.same_key(records, "taken_back", key) | indent(4) }}
{% endif %}
{% if any_deleted and any_new %}
union all
{% endif %}
{% if any_new %}
select
    {{ columns.names | columns(temporary.new) }}
from {{ temporary.new | identifier }}
{% if any_deleted %}
left join {{ deleted }}
    on {{ m.same_key(temporary.new, "taken_back", key) | indent(4) }}
where taken_back.{{ key[0] | identifier }} is null
{% endif %}
union all
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join {{ m.keys_of(temporary.new | identifier, key) }} as touched
    on {{ m.same_key(target, "touched", key) | indent(4) }}
{% if any_deleted %}
left join {{ deleted }}
    on {{ m.same_key(target, "taken_back", key) | indent(4) }}
where taken_back.{{ key[0] | identifier }} is null
{% endif %}
{% endif %}
