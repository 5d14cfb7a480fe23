{# The columns of some tables, then those of a SELECT, in the description of a result without rows. Nothing is computed,
   because the condition is false. The SELECT is not indented: that would change a text of several lines in it. #}
select
{% for _ in tables %}
    held_{{ loop.index }}.*,
    0 as {{ (separator ~ loop.index) | identifier }},
{% endfor %}
    yielded.*
from (
{{ select | sql }}
) as yielded
{% for table in tables %}
cross join {{ table | table }} as held_{{ loop.index }}
{% endfor %}
where false
limit 0
