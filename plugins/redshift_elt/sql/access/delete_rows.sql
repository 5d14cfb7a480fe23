{# Delete every row of a table. TRUNCATE would commit (AWS page "TRUNCATE"). #}
delete from {{ name | table }}
