{# Find the versions of the target, of those that begin, end or are valid between the time of a snapshot and that of the
   following one, that it should no longer have. The key includes the beginning of a version. Binds snapshot_at and, if
   there is a following snapshot, following. #}
{% import "macros.sql" as m %}
insert into {{ gone | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
where
    {{ m.touches_snapshot(history, following, target) | indent(4) }}
    and not exists (
        select 1
        from {{ wanted | identifier }}
        where {{ m.same_key(wanted, target, key) | indent(12) }}
    )
