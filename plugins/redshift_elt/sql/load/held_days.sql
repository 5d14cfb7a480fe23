{# The UTC days of the rows of a table in a scope, and how many rows each day has. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
select
    trunc({{ scope.window_column | identifier }}) as held_day,
    count(*)
from {{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
group by trunc({{ scope.window_column | identifier }})
order by held_day
