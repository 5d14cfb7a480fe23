{# The columns of a table, then those of a SELECT, in the description of a result without rows. Nothing is computed,
   because the condition is false. The SELECT is not indented: that would change a text of several lines in it. #}
select
    held.*,
    0 as {{ separator | identifier }},
    yielded.*
from {{ table | table }} as held
cross join (
{{ select | sql }}
) as yielded
where false
limit 0
