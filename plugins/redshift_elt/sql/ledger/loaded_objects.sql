{# The objects that every one of some targets has loaded in the same version.
   Binds bucket, target_1, target_2 and so on. #}
select
    object_key,
    etag
from etl.loaded_files
where bucket = %(bucket)s
    and target in ({% for _ in targets %}%(target_{{ loop.index }})s{% if not loop.last %}, {% endif %}{% endfor %})
group by
    object_key,
    etag
having count(*) = {{ targets | length }}
