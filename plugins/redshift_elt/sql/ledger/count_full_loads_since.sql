{# How many full loads of a target have ended since the run began to list its source. Binds target and full_load_start,
   the window_start of full loads. #}
{% import "macros.sql" as m %}
select count(*)
from {{ bookkeeping }}.loads
where {{ m.is_full_load_since_listing(files) | indent(4) }}
