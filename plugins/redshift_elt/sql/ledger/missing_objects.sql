{# The first objects that a target has loaded and that a run has not staged, and how many there are. Binds target and
   most: how many are returned. #}
{% import "macros.sql" as m %}
select
    bucket,
    object_key,
    count(*) over () as objects
from {{ bookkeeping }}.loaded_files as loaded
where target = %(target)s
{% for name in files %}
    and not exists (
        select 1
        from {{ name | table }} as staged
        where staged.bucket = loaded.bucket
            and staged.object_key = loaded.object_key
            and staged.kind {{ m.is_object() }}
    )
{% endfor %}
group by
    bucket,
    object_key
order by
    bucket,
    object_key
limit %(most)s
