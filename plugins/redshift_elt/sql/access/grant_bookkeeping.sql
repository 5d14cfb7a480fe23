{#
Rows of all bookkeeping tables. ALTER, DROP, TRUNCATE and GRANT stay with the owner. A user who may update or delete may also
lock (AWS page "LOCK").
#}
grant select, insert, update, delete on all tables in schema {{ bookkeeping }} to {{ user | identifier }}
