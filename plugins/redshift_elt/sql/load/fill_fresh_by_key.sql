{# Keep one row for each key and period of the rows of a SELECT that are in the scope: the earliest, and of several
   such rows the first in the order of their values. A run always reads whole periods, so all runs keep the same row.
   The SELECT is not indented: that would change a text of several lines in it. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
insert into {{ temporary.fresh | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from (
    select
        {{ columns.names | columns | indent(4) }},
        row_number() over (
            partition by
                {{ key | columns | indent(12) }},
{% for calendar in calendars %}
                {{ m.beginning(window_column, calendar) | trim }}{{ "," | sql if not loop.last }}
{% endfor %}
            order by
                {{ m.total_order([window_column] + columns.names | list, columns.texts) | indent(12) }}
        ) as choice
    from (
{{ select | sql }}
    ) as source
    where
        {{ m.in_scope(scope) | indent(8) }}
) as ranked
where choice = 1
