{# A table of the session. It has no schema, and hides a permanent table of the same name (AWS page "CREATE TABLE"). #}
create temporary table {{ name | identifier }} (like {{ like | table }})
