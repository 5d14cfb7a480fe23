{# Find the rows of the target whose key is not in another table, for a rebuild of the whole target. With "mark", rows
   that are marked already are left out; with "latest_by", rows without a value in it, which can be placeholders. #}
{% import "macros.sql" as m %}
insert into {{ gone | identifier }} (
    {{ columns.names | columns }}
)
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
where
    not exists (
        select 1
        from {{ remaining | table }}
        where {{ m.same_key(remaining, target, key) | indent(12) }}
    )
{% if mark is defined and mark %}
    and not coalesce({{ [mark] | columns(target) }}, false)
{% endif %}
{% if latest_by is defined and latest_by %}
    and {{ [latest_by] | columns(target) }} is not null
{% endif %}
