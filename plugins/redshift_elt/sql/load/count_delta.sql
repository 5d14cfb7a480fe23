{# How many rows are in the delta, how many of their keys the target has, how many of them the fresh rows have and, with a
   mark, how many of them have it while the target's row does not. #}
{% import "macros.sql" as m %}
select
    count(*),
    count({{ [key[0]] | columns(target) }}),
    count(fresh_keys.{{ key[0] | identifier }}){{ "," | sql if mark }}
{% if mark %}
    count(
        case
            when {{ [mark] | columns(delta) }} and not coalesce({{ [mark] | columns(target) }}, false)
                then {{ [key[0]] | columns(target) }}
        end
    )
{% endif %}
from {{ delta | identifier }}
left join {{ target | table }}
    on {{ m.same_key(target, delta, key) | indent(4) }}
left join {{ m.keys_of(fresh | identifier, key) }} as fresh_keys
    on {{ m.same_key("fresh_keys", delta, key) | indent(4) }}
