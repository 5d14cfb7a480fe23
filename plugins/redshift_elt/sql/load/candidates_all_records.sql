{# The candidates of a rebuild: all records. #}
select
    {{ columns.names | columns }}
from {{ records | table }}
