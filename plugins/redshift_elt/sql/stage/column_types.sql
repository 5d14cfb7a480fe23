{# The columns of a table with their types and lengths. Binds table_name. #}
select
    columns.attname,
    columns.atttypid,
    columns.atttypmod
from pg_attribute as columns
join pg_class as tables
    on tables.oid = columns.attrelid
where tables.relname = %(table_name)s
    and pg_table_is_visible(tables.oid)
    and columns.attnum > 0
    and not columns.attisdropped
order by columns.attnum
