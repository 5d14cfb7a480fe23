{# The results of several queries of one row each, side by side, in one statement. Each query comes with the number of its
   columns, and is indented already. Binds what the queries name. #}
with
{% for query, columns in queries %}
answer_{{ loop.index }} ({% for _ in range(columns) %}value_{{ loop.index }}{% if not loop.last %}, {% endif %}{% endfor %}) as (
    {{ query | sql }}
){{ "," | sql if not loop.last }}
{% endfor %}
select *
from answer_1
{% for _ in queries[1:] %}
cross join answer_{{ loop.index + 1 }}
{% endfor %}
