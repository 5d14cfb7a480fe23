{# Delete the stale rows, and no other rows with the same key. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
delete from {{ table | table }}
using {{ temporary.stale | identifier }}
where
{% for name in columns.names if name in key %}
{% if loop.first %}    {% else %}    and {% endif %}{{ m.equal(table, temporary.stale, name, columns.texts) | indent(4) }}
{% endfor %}
{% for name in columns.names if name not in key %}
    and {{ m.equal_or_null(table, temporary.stale, name, columns.texts) | indent(4) }}
{% endfor %}
    and {{ m.in_scope(scope, table) | indent(4) }}
