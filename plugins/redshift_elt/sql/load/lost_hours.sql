{# The UTC hours of the rows of a table in a scope that have no fresh row, in order. Binds the intervals of the scope. #}
{% import "macros.sql" as m %}
select distinct date_trunc('hour', {{ window_column | identifier }}) as lost_hour
from {{ table | table }}
where
    {{ m.in_scope(scope) | indent(4) }}
{% if scope.kept %}
    and not {{ m.in_kept(scope) | indent(4) }}
{% endif %}
except
select distinct date_trunc('hour', {{ window_column | identifier }})
from {{ temporary.fresh | identifier }}
order by lost_hour
