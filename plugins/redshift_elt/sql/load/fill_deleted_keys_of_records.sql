{# Find the keys that a record deletes, and the time of the latest such record of each; unless "touched" is empty, only
   keys of these tables. #}
{% import "macros.sql" as m %}
insert into {{ deleted | identifier }} (
    {{ key | columns }},
    {{ latest_by | identifier }}
)
select
    {{ key | columns(records) }},
    max({{ [latest_by] | columns(records) }})
from {{ records | table }}
{% if touched %}
join {{ m.keys_of_all(touched, key) }} as touched
    on {{ m.same_key(records, "touched", key) | indent(4) }}
{% endif %}
where {{ m.deletes_its_key(deletes, records) }}
group by
    {{ key | columns(records) }}
