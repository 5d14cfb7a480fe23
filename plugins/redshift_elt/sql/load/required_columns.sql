{# The columns of a table that every INSERT must name, because they are NOT NULL and have no default. An IDENTITY column
   has one. The catalogs show that for all tables; svv_columns shows defaults to the owner of a table only. Binds table
   and, if the table's name has one, schema. #}
select columns.attname
from pg_attribute as columns
join pg_class as tables
    on tables.oid = columns.attrelid
join pg_namespace as schemas
    on schemas.oid = tables.relnamespace
where tables.relname = %(table)s
{% if has_schema %}
    and schemas.nspname = %(schema)s
{% else %}
    and pg_table_is_visible(tables.oid)
{% endif %}
    and columns.attnum > 0
    and columns.attnotnull
    and not columns.atthasdef
    and not columns.attisdropped
