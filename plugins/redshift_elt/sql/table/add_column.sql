{# Add a column, which is NULL in all rows. #}
alter table {{ name | table }}
add column {{ column | identifier }} {{ type | sql }}
