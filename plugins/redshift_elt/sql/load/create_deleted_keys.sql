{# Create the bookkeeping table of the deleted keys of a target, with the columns of the key and the time of the delete.
   CREATE TABLE ... AS has no "if not exists" (AWS page "CREATE TABLE AS"). #}
create table {{ table | table }} as
select
    {{ columns.names | columns }}
from {{ target | table }}
where false
