{# How many rows of the target are valid at the time of a snapshot, and how many of them it does not have. Binds
   snapshot_at. #}
{% import "macros.sql" as m %}
select
    count(*),
    count(case when {{ [key[0]] | columns(fresh) }} is null then 1 end)
from {{ target | table }}
left join {{ fresh | identifier }}
    on {{ m.same_key(target, fresh, key) | indent(4) }}
where
    {{ m.is_valid_at_snapshot(history, target) | indent(4) }}
