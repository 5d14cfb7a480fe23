{# How many rows a staging table holds. #}
select count(*)
from {{ name | table }}
