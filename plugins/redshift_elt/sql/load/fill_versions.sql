{# Find the versions that change the target. Of candidates with the same key and time, the first one in the order of its
   values is a version, and each version ends where the next one of its key begins. "history" names the columns, and
   "staged" has those that the SELECT yields. The candidates are another template, without literals, so they may be
   indented. #}
{% import "macros.sql" as m %}
{% set others = staged.names | reject("in", key) | reject("equalto", history.changed_at) | list %}
{% set wanted %}
(
    select
        {{ staged.names | columns | indent(4) }},
{% if history.valid_from not in staged.names %}
        {{ history.changed_at | identifier }} as {{ history.valid_from | identifier }},
{% endif %}
        {{ history.valid_to | identifier }},
        {{ history.valid_to | identifier }} is null as {{ history.is_current | identifier }}
    from dated
) as wanted
{% endset %}
{% set held %}
(
    select
        {{ columns.names | columns(target) | indent(4) }}
    from {{ target | table }}
    join {{ m.keys_of("candidates" | sql, key) | indent(4) }} as touched
        on {{ m.same_key(target, "touched", key) | indent(8) }}
) as held
{% endset %}
insert into {{ delta | identifier }} (
    {{ columns.names | columns }}
)
with candidates as (
    {{ candidates | sql | indent(4) }}
),
versions as (
    select
        {{ staged.names | columns | indent(4) }}
    from (
        select
            {{ staged.names | columns | indent(8) }},
            row_number() over (
                partition by
                    {{ key | columns | indent(16) }},
                    {{ history.changed_at | identifier }}
                order by
                    {{ m.total_order(others + key | list, staged.texts) | indent(16) }}
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
),
dated as (
    select
        {{ staged.names | columns | indent(4) }},
        lead({{ history.changed_at | identifier }}) over (
            partition by
                {{ key | columns | indent(12) }}
            order by {{ history.changed_at | identifier }}
        ) as {{ history.valid_to | identifier }}
    from versions
)
{{ m.difference(columns, wanted, held) }}
