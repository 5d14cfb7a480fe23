{# The columns of the bookkeeping tables, with their places in the sort key, or 0 (AWS page "SVV_REDSHIFT_COLUMNS"). #}
select
    table_name::varchar(127) as table_name,
    column_name::varchar(127) as column_name,
    sortkey
from svv_redshift_columns
where database_name = current_database()
    and schema_name = '{{ bookkeeping }}'
