{# Find the rows of the target whose key has no candidate; unless "touched" is empty, only those with a key of these
   tables; with "latest_by", only rows that have a value in it. The candidates are another template. #}
{% import "macros.sql" as m %}
{% set candidate_rows %}
(
    {{ candidates | sql | indent(4) }}
) as candidates
{% endset %}
insert into {{ gone | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
{% if touched %}
join {{ m.keys_of_all(touched, key) }} as touched
    on {{ m.same_key(target, "touched", key) | indent(4) }}
{% endif %}
left join {{ m.keys_of(candidate_rows | indent(4), key) }} as remaining
    on {{ m.same_key(target, "remaining", key) | indent(4) }}
where remaining.{{ key[0] | identifier }} is null
{% if latest_by %}
    and {{ [latest_by] | columns(target) }} is not null
{% endif %}
