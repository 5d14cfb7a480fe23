{# The run that staged, and when. The transaction then keeps the table from being replaced. #}
select
    object_key,
    modified_at
from {{ files | table }}
where kind = 'run'
