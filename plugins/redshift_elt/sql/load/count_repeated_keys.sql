{# How many keys have several fresh rows. #}
select count(*)
from (
    select
        {{ key | columns | indent(4) }}
    from {{ fresh | identifier }}
    group by
        {{ key | columns | indent(4) }}
    having count(*) > 1
) as repeated_keys
