{#
Rows of the tables that the user who runs this statement will create: the DDL file of a new table needs no GRANT (AWS
page "ALTER DEFAULT PRIVILEGES").
#}
alter default privileges in schema public, {{ bookkeeping }}
grant select, insert, update, delete on tables to {{ user | identifier }}
