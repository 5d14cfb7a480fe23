{# Delete what was found about the fields of objects. An object that is staged again is compared again. Binds before. #}
delete from {{ bookkeeping }}.schema_drift
where found_at < %(before)s
