{# Record a migration in the transaction that applies it. #}
insert into {{ bookkeeping }}.schema_versions (version, applied_at)
values ({{ version }}, sysdate)
