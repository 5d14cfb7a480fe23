{# A table of the session, with the columns, the distribution and the sort keys of another table. It has no schema, and
   hides a permanent table of the same name (AWS page "CREATE TABLE"). #}
create temporary table {{ name | identifier }} (like {{ like | table }})
