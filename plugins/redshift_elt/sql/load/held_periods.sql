{# The periods of the rows of a table in a scope, by the local time at which they begin, and how many rows each has.
   Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
{% set beginning = m.beginning(scope.window_column, calendar) | trim %}
select
    {{ beginning }} as held_period,
    count(*)
from {{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
group by {{ beginning }}
order by held_period
