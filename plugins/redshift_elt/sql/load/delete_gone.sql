{# Delete the rows of the target that have no source row any more. #}
{% import "macros.sql" as m %}
delete from {{ target | table }}
using {{ gone | identifier }}
where {{ m.same_key(target, gone, key) | indent(4) }}
