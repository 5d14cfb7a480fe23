{# Remove from a target's ledger the objects of a range of keys that the run has staged in another version. Binds target,
   bucket and, if the range is bounded, first_key and key_end. #}
{% import "macros.sql" as m %}
{% set loaded %}{{ bookkeeping }}.loaded_files{% endset %}
delete from {{ bookkeeping }}.loaded_files
using {{ files | table }}
where {{ m.in_keys(loaded, bounded) | indent(4) }}
    and {{ bookkeeping }}.loaded_files.bucket = {{ files | table }}.bucket
    and {{ bookkeeping }}.loaded_files.object_key = {{ files | table }}.object_key
    and {{ bookkeeping }}.loaded_files.etag <> {{ files | table }}.etag
    and {{ files | table }}.kind {{ m.is_object() }}
