{# The columns of some tables, then those of a SELECT, in the description of the result. Nothing of them is computed,
   because the conditions are false. With "beside", a query: its columns come first, and its rows are those of the result.
   The SELECT is not indented: that would change a text of several lines in it. Binds what the query names. #}
{% if beside %}
with rows_beside_columns as (
    {{ beside | sql | indent(4) }}
)

{% endif %}
select
{% if beside %}
    rows_beside_columns.*,
    0 as {{ (separator ~ 0) | identifier }},
{% endif %}
{% for _ in tables %}
    held_{{ loop.index }}.*,
    0 as {{ (separator ~ loop.index) | identifier }},
{% endfor %}
    yielded.*
{% if beside %}
from rows_beside_columns
{% for table in tables %}
left join (
    select *
    from {{ table | table }}
    where false
) as held_{{ loop.index }}
    on true
{% endfor %}
left join (
    select *
    from (
{{ select | sql }}
    ) as selected
    where false
) as yielded
    on true
{% else %}
from (
{{ select | sql }}
) as yielded
{% for table in tables %}
cross join {{ table | table }} as held_{{ loop.index }}
{% endfor %}
where false
limit 0
{% endif %}
