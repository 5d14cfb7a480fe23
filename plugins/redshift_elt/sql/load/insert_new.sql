{# Insert the new rows. #}
insert into {{ table | table }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from {{ temporary.new | identifier }}
