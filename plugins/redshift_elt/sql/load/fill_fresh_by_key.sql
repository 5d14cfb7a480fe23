{# Keep one row for each key and period of the rows of a SELECT that are in the scope: the earliest, and of several
   such rows the first in the order of their values. A run of dated sources also reads the windows of their periods that
   were loaded before, so all runs keep the same row in the end. With a source whose keys show no periods, a run changes
   its window alone: then the rows outside of the scope compete too (rank_all), and every run has staged all of them.
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
{% if not rank_all %}
    where
        {{ m.in_scope(scope) | indent(8) }}
{% endif %}
) as ranked
where choice = 1
{% if rank_all %}
    and {{ m.in_scope(scope) | indent(4) }}
{% endif %}
