{# Merge the delta into the target. Redshift allows no alias for the target, and wants both clauses (AWS page "MERGE"):
   if every column is in the key, a match updates the key to itself. #}
{% import "macros.sql" as m %}
{% set values = columns.names | reject("in", key) | list or key %}
merge into {{ target | table }}
using {{ delta | identifier }}
on {{ m.same_key(target.rpartition(".")[2], delta, key) }}
when matched then update set
{% for name in values %}
    {{ name | identifier }} = {{ [name] | columns(delta) }}{% if not loop.last %},{% endif %}

{% endfor %}
when not matched then insert (
    {{ columns.names | columns }}
)
values (
    {{ columns.names | columns(delta) }}
)
