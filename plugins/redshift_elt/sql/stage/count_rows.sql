{# The number of rows of a staging table. #}
select count(*)
from {{ name | table }}
