{# Remove a target's listings of the prefixes that the run has listed again. Binds target. #}
delete from {{ bookkeeping }}.listings
using {{ files | table }}
where {{ bookkeeping }}.listings.target = %(target)s
    and {{ bookkeeping }}.listings.bucket = {{ files | table }}.bucket
    and {{ bookkeeping }}.listings.prefix = {{ files | table }}.object_key
    and {{ files | table }}.kind = 'listing'
