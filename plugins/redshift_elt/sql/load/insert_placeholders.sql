{# Insert into a dimension the keys of the fresh rows that it lacks, and null in the columns that would get a default. The
   columns are those of the fact, each with the column of the dimension's key. #}
{% import "macros.sql" as m %}
{% set key = columns.values() | list %}
insert into {{ dimension | table }} (
    {{ (key + emptied) | columns }}
)
select
    {{ key | columns("referred") }}
{%- for _ in emptied %},
    null
{%- endfor %}

from (
    select distinct
{% for name, key_name in columns.items() %}
        {{ name | identifier }} as {{ key_name | identifier }}{{ "," | sql if not loop.last }}
{% endfor %}
    from {{ fresh | identifier }}
    where
{% for name in columns %}
{% if loop.first %}        {% else %}        and {% endif %}{{ name | identifier }} is not null
{% endfor %}
) as referred
where
    not exists (
        select 1
        from {{ dimension | table }}
        where {{ m.same_key(dimension, "referred", key) | indent(12) }}
    )
