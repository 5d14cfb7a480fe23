{# Remove from a target's ledger the objects that are about to be recorded in their new version. Binds target. #}
{% import "macros.sql" as m %}
delete from {{ bookkeeping }}.loaded_files
using {{ files | table }}
where {{ bookkeeping }}.loaded_files.target = %(target)s
    and {{ bookkeeping }}.loaded_files.bucket = {{ files | table }}.bucket
    and {{ bookkeeping }}.loaded_files.object_key = {{ files | table }}.object_key
    and {{ files | table }}.kind {{ m.is_object() }}
