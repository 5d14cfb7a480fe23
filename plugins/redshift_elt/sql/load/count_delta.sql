{# How many rows are in the delta, how many of their keys the target has, and how many of them the fresh rows have. #}
{% import "macros.sql" as m %}
select
    count(*),
    count({{ [key[0]] | columns(target) }}),
    count(fresh_keys.{{ key[0] | identifier }})
from {{ delta | identifier }}
left join {{ target | table }}
    on {{ m.same_key(target, delta, key) | indent(4) }}
left join {{ m.keys_of(fresh | identifier, key) }} as fresh_keys
    on {{ m.same_key("fresh_keys", delta, key) | indent(4) }}
