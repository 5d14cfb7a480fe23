{# The first rows that meet all conditions. With a window_column it binds window_start and window_end. #}
select
    {{ columns | columns }}
from {{ table | table }}
{% for condition in conditions %}
{% if loop.first %}where{% else %}    and{% endif %} ({{ condition | sql }})
{% endfor %}
{% if window_column %}
    and {{ window_column | identifier }} >= %(window_start)s
    and {{ window_column | identifier }} < %(window_end)s
{% endif %}
order by
    {{ columns | columns }}
limit {{ limit }}
