{# Create a temporary table with the columns, the distribution and the sort keys of another table. #}
create temporary table {{ name | identifier }} (like {{ like | table }})
