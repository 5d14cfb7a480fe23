{# How many targets have everything below a prefix as of some listing, and the oldest of these listings.
   Binds bucket, prefix, target_1, target_2 and so on. #}
{% import "macros.sql" as m %}
select
    count(*),
    min(listed_at)
from {{ bookkeeping }}.listings
where bucket = %(bucket)s
    and prefix = %(prefix)s
    and target in ({{ m.placeholder_list("target", targets | length) }})
