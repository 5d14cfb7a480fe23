{# The first rows whose column refers to no row of another table. With a window_column it binds window_start and
   window_end. #}
{% set child = table | table %}
{% set parent = to | table %}
select
    {{ columns | columns(table) }}
from {{ child }}
left join {{ parent }}
    on {{ parent }}.{{ to_column | identifier }} = {{ child }}.{{ column | identifier }}
where {{ child }}.{{ column | identifier }} is not null
    and {{ parent }}.{{ to_column | identifier }} is null
{% if window_column %}
    and {{ child }}.{{ window_column | identifier }} >= %(window_start)s
    and {{ child }}.{{ window_column | identifier }} < %(window_end)s
{% endif %}
order by
    {{ columns | columns(table) }}
limit {{ limit }}
