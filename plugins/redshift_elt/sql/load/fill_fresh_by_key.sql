{# Keep one row for each key and period of the rows of a SELECT that are in the scope: the earliest, and of several
   such rows the first in the order of their values. A run of dated sources also reads the windows of their periods that
   were loaded before, so all runs keep the same row in the end. If it does not compare all of them, "ranked" is the scope
   of the rows that compete, and its times are literals; "with_displaced" adds, for each key, the first row outside of
   the scope that loses against a row in it. With a source whose keys show no periods, a run changes its window alone: then
   the rows outside of the scope compete too (rank_all), and every run has staged all of them. The SELECT is not indented:
   that would change a text of several lines in it. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
{% set partition %}
{{ key | columns }},
{% for calendar in calendars %}
    {{ m.beginning(window_column, calendar) | trim }}{{ "," | sql if not loop.last }}
{% endfor %}
{% endset %}
{% set order = m.total_order([window_column] + columns.names | list, columns.texts) %}
{% set displaced = ranked and with_displaced %}
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
                {{ partition | trim | indent(12) }}
            order by
                {{ order | indent(12) }}
        ) as choice{{ "," | sql if displaced }}
{% if displaced %}
        row_number() over (
            partition by
                {{ partition | trim | indent(12) }},
                case when {{ m.in_scope(scope) | indent(16) }} then 1 else 0 end
            order by
                {{ order | indent(12) }}
        ) as choice_of_side
{% endif %}
    from (
{{ select | sql }}
    ) as source
{% if ranked or not rank_all %}
    where
        {{ m.in_scope(ranked or scope) | indent(8) }}
{% endif %}
) as ranked
{% if displaced %}
where
    choice = 1
    and (
        {{ m.in_scope(scope) | indent(8) }}
    )
    or choice > 1
    and choice_of_side = 1
    and not (
        {{ m.in_scope(scope) | indent(8) }}
    )
{% else %}
where choice = 1
{% if ranked or rank_all %}
    and {{ m.in_scope(scope) | indent(4) }}
{% endif %}
{% endif %}
