{# The rows of a snapshot, and the rows that are to be marked because it does not have them. #}
select
    {{ columns.names | columns }},
    false as {{ mark | identifier }}
from {{ temporary.fresh | identifier }}
union all
select
    {{ columns.names | columns }},
    true
from {{ temporary.gone | identifier }}
