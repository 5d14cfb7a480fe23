{# Record that a target has everything that was below the listed prefixes. Binds target. #}
insert into {{ bookkeeping }}.listings (
    target,
    bucket,
    prefix,
    listed_at
)
select
    cast(%(target)s as varchar(127)),
    bucket,
    object_key,
    modified_at
from {{ files | table }}
where kind = 'listing'
