{# The texts that some COPYs have refused. Only provisioned clusters have this view (AWS page
   "STL_LOAD_ERRORS"). Binds query_1 and so on, their query ids. #}
{% import "macros.sql" as m %}
select
    query,
    trim(filename),
    line_number,
    trim(colname),
    trim(raw_field_value),
    trim(raw_line)
from stl_load_errors
where query in ({{ m.placeholder_list("query", queries | length) }})
