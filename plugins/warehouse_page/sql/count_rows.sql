{# How many rows each table has: the table's name as it was given, and the number. They are counted because
   svv_table_info also has the rows that are deleted and not yet vacuumed, and is for superusers (AWS page
   "SVV_TABLE_INFO"). Redshift answers a repeated count from its result cache until the table changes. #}
{% for table in tables %}
{% if not loop.first %}
union all
{% endif %}
select
    {{ table | literal }},
    count(*)
from {{ table | table }}
{% endfor %}
