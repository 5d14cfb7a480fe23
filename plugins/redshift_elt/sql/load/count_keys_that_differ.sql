{# How many keys have several candidates that differ. #}
{% import "macros.sql" as m %}
select count(*)
from (
    select
        {{ key | columns | indent(4) }}
    from (
        select distinct
            {{ m.with_lengths(columns) | indent(8) }}
        from (
            {{ candidates | sql | indent(12) }}
        ) as candidates
    ) as rows_once
    group by
        {{ key | columns | indent(4) }}
    having count(*) > 1
) as keys_that_differ
