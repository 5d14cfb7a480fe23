{# Empty a target's ledger, before a full load records every object. Binds target. #}
delete from {{ bookkeeping }}.loaded_files
where target = %(target)s
