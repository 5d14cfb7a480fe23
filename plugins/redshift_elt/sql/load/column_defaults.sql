{# The columns of a table: whether each is NOT NULL, and whether it has a default, as an IDENTITY column has. The catalogs
   show that for all tables; svv_columns shows defaults to the owner of a table only. Binds table_name and, if the table's
   name has one, schema. #}
select
    columns.attname,
    columns.attnotnull,
    columns.atthasdef
from pg_attribute as columns
join pg_class as tables
    on tables.oid = columns.attrelid
join pg_namespace as schemas
    on schemas.oid = tables.relnamespace
where tables.relname = %(table_name)s
{% if has_schema %}
    and schemas.nspname = %(schema)s
{% else %}
    and pg_table_is_visible(tables.oid)
{% endif %}
    and columns.attnum > 0
    and not columns.attisdropped
order by columns.attnum
