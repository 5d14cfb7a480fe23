{# Delete the stale rows, and no other rows with the same key. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
delete from {{ table | table }}
using {{ temporary.stale | identifier }}
where {% for name in columns.names if name in key %}{{ m.equal(table, temporary.stale, name, columns.texts) }}
  and {% endfor %}
{% for name in columns.names if name not in key %}{{ m.equal_or_null(table, temporary.stale, name, columns.texts) }}
  and {% endfor %}
{{ m.in_scope(scope, table) }}
