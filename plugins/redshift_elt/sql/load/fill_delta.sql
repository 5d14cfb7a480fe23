{# Find the rows that change the target: the candidates of each key are reduced to one row by the choices, and rows that
   the target has already are left out. The candidates are another template, without literals, so they may be
   indented. #}
{% import "macros.sql" as m %}
{% set wanted %}
(
    select
        {{ (key | list + choices[0].columns | list) | columns("choice_0") | indent(4) }}
{%- for choice in choices[1:] %}{% if choice.columns %},
        {{ choice.columns | columns("choice_" ~ loop.index) | indent(4) }}
{%- endif %}{% endfor %}

    from choice_0
{% for choice in choices[1:] %}
    join choice_{{ loop.index }}
        on {{ m.same_key("choice_0", "choice_" ~ loop.index, key) | indent(8) }}
{% endfor %}
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
{% for choice in choices %}
{% set kept = key | list + choice.columns | list %}
choice_{{ loop.index0 }} as (
    select
        {{ kept | columns | indent(4) }}
    from (
        select
            {{ kept | columns | indent(8) }},
            row_number() over (
                partition by
                    {{ key | columns | indent(16) }}
                order by
{% for expression in choice.order_by %}
                    {{ expression | sql }},
{% endfor %}
                    {{ m.total_order(choice.columns | list + key | list, columns.texts) | indent(16) }}
            ) as choice
        from candidates
    ) as ranked
    where choice = 1
){{ "," | sql if not loop.last }}
{% endfor %}
{{ m.difference(columns, wanted, held) }}
