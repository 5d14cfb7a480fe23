{# Keep the rows of a SELECT that are in the scope, each distinct row once. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
insert into {{ temporary.fresh | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from (
select distinct
    {{ m.with_lengths(columns) }}
from (
{{ select | sql }}
) as source
{% if scope.intervals %}
where {{ m.in_scope(scope) }}
{% endif %}
) as rows_once
