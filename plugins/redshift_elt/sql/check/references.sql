{# How many rows refer to no row of another table, and how many are checked. With a window_column it
   binds window_start and window_end. #}
{% set child = table | table %}
{% set parent = to | table %}
select
    count(
        case
            when {{ child }}.{{ column | identifier }} is not null
                and {{ parent }}.{{ to_column | identifier }} is null
                then 1
        end
    ),
    count(*)
from {{ child }}
left join {{ parent }}
    on {{ parent }}.{{ to_column | identifier }} = {{ child }}.{{ column | identifier }}
{% if window_column %}
where {{ child }}.{{ window_column | identifier }} >= %(window_start)s
    and {{ child }}.{{ window_column | identifier }} < %(window_end)s
{% endif %}
