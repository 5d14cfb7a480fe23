{# A table of the session for the rows of a SELECT, and whether each of them deletes its key. Not LIKE, which copies NOT
   NULL: a row that deletes has null in most columns. #}
create temporary table {{ temporary.fresh | identifier }} as
select
    {{ columns.names | columns }},
    false as deletes_its_key
from {{ target | table }}
where false
