{# The candidates of a load whose rows replace those of the target: the fresh rows. #}
select
    {{ columns.names | columns }}
from {{ temporary.fresh | identifier }}
