{# Find the keys of the fresh rows that the source has deleted, in this load or (unless "known" is none) in an earlier
   one, and the time of the latest delete of each. #}
{% import "macros.sql" as m %}
insert into {{ deleted | identifier }} (
    {{ key | columns }},
    {{ latest_by | identifier }}
)
select
    {{ key | columns }},
    max({{ latest_by | identifier }})
from (
    select
        {{ key | columns | indent(4) }},
        {{ latest_by | identifier }}
    from {{ temporary.fresh | identifier }}
    where deletes_its_key
{% if known %}
    union all
    select
        {{ key | columns(known) | indent(4) }},
        {{ [latest_by] | columns(known) }}
    from {{ known | table }}
    join {{ m.keys_of(temporary.fresh | identifier, key) | indent(4) }} as touched
        on {{ m.same_key(known, "touched", key) | indent(8) }}
{% endif %}
) as deletes
group by
    {{ key | columns }}
