{# Copy the stored rejects of a run into another table. Binds dag_id, run_id and staging. #}
{% import "macros.sql" as m %}
insert into {{ found | identifier }} (
    {{ names | columns }}
)
select
    {{ names | columns }}
from {{ bookkeeping }}.rejects
where {{ m.is_reject_of_run(none) | indent(4) }}
