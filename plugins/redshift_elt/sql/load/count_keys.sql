{# How many keys the fresh rows have. #}
{% import "macros.sql" as m %}
select count(*)
from {{ m.keys_of(fresh | identifier, key) }} as keys
