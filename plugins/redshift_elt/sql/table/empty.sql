{# Remove all rows in the transaction; TRUNCATE would commit it (AWS page "TRUNCATE"). #}
delete from {{ name | table }}
