{# The first keys that several rows have, and the number of rows with each. With a window_column it binds
   window_start and window_end. #}
select
    {{ key | columns }},
    count(*) as rows
from {{ table | table }}
{% for name in key %}
{% if loop.first %}where{% else %}    and{% endif %} {{ name | identifier }} is not null
{% endfor %}
{% for condition in conditions %}
    and ({{ condition | sql }})
{% endfor %}
{% if window_column %}
    and {{ window_column | identifier }} >= %(window_start)s
    and {{ window_column | identifier }} < %(window_end)s
{% endif %}
group by
    {{ key | columns }}
having count(*) > 1
order by
    {{ key | columns }}
limit {{ limit }}
