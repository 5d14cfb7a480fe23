{# How many versions are in the delta, how many of them the target has with another end or other values, and how many
   are valid at the time of a snapshot. The key includes the beginning of a version. Binds snapshot_at. #}
{% import "macros.sql" as m %}
select
    count(*),
    count({{ [key[0]] | columns(target) }}),
    count(
        case
            when
                {{ m.is_valid_at_snapshot(history, delta) | indent(16) }}
                then 1
        end
    )
from {{ delta | identifier }}
left join {{ target | table }}
    on {{ m.same_key(target, delta, key) | indent(4) }}
