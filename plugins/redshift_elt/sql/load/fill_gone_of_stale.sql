{# Find the rows of the target whose last record was deleted. #}
{% import "macros.sql" as m %}
insert into {{ gone | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join {{ m.keys_of(temporary.stale | identifier, key) }} as taken_back
    on {{ m.same_key(target, "taken_back", key) | indent(4) }}
where
    not exists (
        select 1
        from {{ records | table }}
        where {{ m.same_key(records, target, key) | indent(12) }}
    )
