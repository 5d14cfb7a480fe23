{# Keep the list of the objects that were staged before in a table of the session. #}
create temporary table {{ earlier | identifier }} as
select *
from {{ files | table }}
