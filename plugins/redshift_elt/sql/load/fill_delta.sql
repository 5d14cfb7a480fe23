{# Find the rows that change the target: the candidates of each key are reduced to one row by the choices, and rows that
   the target holds already are left out. #}
{% import "macros.sql" as m %}
{% set wanted %}
(
select
    {{ key | columns("choice_0") }}{% for choice in choices %}{% if choice.columns %},
    {{ choice.columns | columns("choice_" ~ loop.index0) }}{% endif %}{% endfor %}

from choice_0
{% for choice in choices[1:] %}
join choice_{{ loop.index }}
  on {{ m.same_key("choice_0", "choice_" ~ loop.index, key) }}
{% endfor %}
) as wanted
{%- endset %}
{% set held %}
(
select
    {{ columns.names | columns(target) }}
from {{ target | table }}
join (select distinct {{ key | columns(separator=", ") }} from candidates) as touched
  on {{ m.same_key(target, "touched", key) }}
) as held
{%- endset %}
insert into {{ delta | identifier }} (
    {{ columns.names | columns }}
)
with candidates as (
{{ candidates | sql }}
){% for choice in choices %}{% set kept = key | list + choice.columns | list %},
choice_{{ loop.index0 }} as (
select
    {{ kept | columns }}
from (
select
    {{ kept | columns }},
    row_number() over (
        partition by
            {{ key | columns(separator=",\n            ") }}
        order by
{% for expression in choice.order_by %}
            {{ expression | sql }},
{% endfor %}
            {{ m.total_order(choice.columns | list + key | list, columns.texts) }}
    ) as choice
from candidates
) as ranked
where choice = 1
){% endfor %}

{{ m.difference(columns, wanted, held) }}
