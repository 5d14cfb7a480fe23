{# Keep the list of the objects that an earlier try has listed in a table of the session. #}
create temporary table {{ earlier | identifier }} as
select *
from {{ files | table }}
