{# Find the versions that the target should have, of those that begin, end or are valid between the time of a snapshot
   and that of the following one: what the target has before and after that time, and the rows of the snapshot in
   between. Adjacent pieces of a key with the same values become one version. "history" names the columns, and "staged"
   has those that the SELECT yields. Binds snapshot_at and, if there is a following snapshot, following. #}
{% import "macros.sql" as m %}
{% set valid_from, valid_to = history.valid_from | identifier, history.valid_to | identifier %}
{% set window %}
(
    partition by
        {{ key | columns | indent(4) }}
    order by {{ valid_from }}
)
{% endset %}
insert into {{ wanted | identifier }} (
    {{ columns.names | columns }}
)
with pieces as (
    select
        {{ (staged.names | list + [history.valid_from]) | columns(target) | indent(4) }},
        %(snapshot_at)s::timestamp as {{ valid_to }}
    from {{ target | table }}
    where
        {{ [history.valid_from] | columns(target) }} < %(snapshot_at)s
        and (
            {{ [history.valid_to] | columns(target) }} >= %(snapshot_at)s
            or {{ [history.valid_to] | columns(target) }} is null
        )
    union all
    select
        {{ staged.names | columns | indent(4) }},
        %(snapshot_at)s::timestamp,
        {{ "%(following)s" | sql if following else "null" | sql }}::timestamp
    from {{ fresh | identifier }}
{% if following %}
    union all
    select
        {{ staged.names | columns | indent(4) }},
        %(following)s::timestamp,
        {{ valid_to }}
    from {{ target | table }}
    where
        {{ valid_from }} <= %(following)s
        and (
            {{ valid_to }} > %(following)s
            or {{ valid_to }} is null
        )
{% endif %}
),
numbered as (
    select
        {{ staged.names | columns | indent(4) }},
        {{ valid_from }},
        {{ valid_to }},
        -- Pieces have the same number if they are equal.
        dense_rank() over (
            partition by
                {{ key | columns | indent(12) }}
            order by
                {{ m.total_order(staged.names, staged.texts) | indent(12) }}
        ) as contents
    from pieces
),
compared as (
    select
        {{ staged.names | columns | indent(4) }},
        {{ valid_from }},
        {{ valid_to }},
        case
            when
                lag(contents) over {{ window | indent(16) }} = contents
                and lag({{ valid_to }}) over {{ window | indent(16) }} = {{ valid_from }}
                then false
            else true
        end as begins,
        case
            when
                lead(contents) over {{ window | indent(16) }} = contents
                and lead({{ valid_from }}) over {{ window | indent(16) }} = {{ valid_to }}
                then false
            else true
        end as ends
    from numbered
),
bounds as (
    select
        {{ staged.names | columns | indent(4) }},
        {{ valid_from }},
        begins,
        case
            when ends then {{ valid_to }}
            else
                lead({{ valid_to }}) over {{ window | indent(16) }}
        end as {{ valid_to }}
    from compared
    where begins or ends
)
select
{% for name in columns.names %}
{% if name == history.is_current %}
    {{ valid_to }} is null as {{ name | identifier }}{{ "," | sql if not loop.last }}
{% else %}
    {{ name | identifier }}{{ "," | sql if not loop.last }}
{% endif %}
{% endfor %}
from bounds
where begins
