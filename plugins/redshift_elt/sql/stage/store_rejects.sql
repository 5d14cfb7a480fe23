{# Store the rejects that a run has found. #}
insert into {{ bookkeeping }}.rejects (
    {{ names | columns }}
)
select
    {{ names | columns }}
from {{ found | identifier }}
