{# All aggregates of a table in one scan. With a time_column, in_window is 1 in the rows of the window; with
   bounded, only the rows from scan_start to the window's end are read. Binds window_start, window_end, scan_start and
   what the aggregates name. #}
select
{% for aggregate in aggregates %}
    {{ aggregate | sql }}{{ "," | sql if not loop.last }}
{% endfor %}
{% if time_column %}
from (
    select
        *,
        case
            when {{ time_column | identifier }} >= %(window_start)s
                and {{ time_column | identifier }} < %(window_end)s
                then 1
            else 0
        end as in_window
    from {{ table | table }}
{% if bounded %}
    where {{ time_column | identifier }} >= %(scan_start)s
        and {{ time_column | identifier }} < %(window_end)s
{% endif %}
) as scanned
{% else %}
from {{ table | table }}
{% endif %}
