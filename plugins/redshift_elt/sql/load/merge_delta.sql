{# Merge the delta into the target. Redshift allows no alias for the target, and wants both clauses (AWS page "MERGE"):
   if every column is in the key, a match updates the key to itself. #}
{% import "macros.sql" as m %}
merge into {{ target | table }}
using {{ delta | identifier }}
    on {{ m.same_key(target.rpartition(".")[2], delta, key) | indent(4) }}
when matched then
    update set
{% for name in columns.names | reject("in", key) | list or key %}
        {{ name | identifier }} = {{ [name] | columns(delta) }}{{ "," | sql if not loop.last }}
{% endfor %}
when not matched then
    insert (
        {{ columns.names | columns | indent(4) }}
    )
    values (
        {{ columns.names | columns(delta) | indent(4) }}
    )
