{# How many of the rows to delete have a key that the source has deleted, and how many the key of a fresh row. #}
{% import "macros.sql" as m %}
select
    count({{ [key[0]] | columns(deleted) }}),
    count(fresh_keys.{{ key[0] | identifier }})
from {{ gone | identifier }}
left join {{ deleted | identifier }}
    on {{ m.same_key(deleted, gone, key) | indent(4) }}
left join {{ m.keys_of(fresh | identifier, key) }} as fresh_keys
    on {{ m.same_key("fresh_keys", gone, key) | indent(4) }}
