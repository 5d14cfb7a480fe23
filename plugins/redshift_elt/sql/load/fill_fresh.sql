{# Keep the rows of a SELECT that are in the scope, each distinct row once. The SELECT is not indented: that would change
   a text of several lines in it. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
insert into {{ temporary.fresh | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns }}
from (
    select distinct
        {{ m.with_lengths(columns) | indent(4) }}
    from (
{{ select | sql }}
    ) as source
{% if scope.intervals %}
    where
        {{ m.in_scope(scope) | indent(8) }}
{% endif %}
) as rows_once
