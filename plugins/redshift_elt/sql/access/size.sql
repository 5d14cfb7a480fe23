{# The size of all tables, in blocks of 1 MB. Empty tables are not listed (AWS page "SVV_TABLE_INFO"). #}
select sum(size)
from svv_table_info
