{# How many rows the table has in the scope, without rows whose objects were not all read. Binds the intervals of the
   scope. #}
{% import "macros.sql" as m %}
{{ m.held_count(table, scope) }}
