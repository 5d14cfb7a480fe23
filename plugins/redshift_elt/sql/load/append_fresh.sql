{# Append the fresh rows to the target. #}
insert into {{ target | table }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from {{ temporary.fresh | identifier }}
