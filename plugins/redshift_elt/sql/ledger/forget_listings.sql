{# Remove a target's listings of the prefixes that the run has listed again. Binds target. #}
delete from etl.listings
using {{ files | table }}
where etl.listings.target = %(target)s
    and etl.listings.bucket = {{ files | table }}.bucket
    and etl.listings.prefix = {{ files | table }}.object_key
    and {{ files | table }}.kind = 'listing'
