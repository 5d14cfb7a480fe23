{# Insert the new rows. #}
insert into {{ table | table }} (
    {{ stored.names | columns }}
)
select
    {{ stored.names | columns }}
from {{ temporary.new | identifier }}
