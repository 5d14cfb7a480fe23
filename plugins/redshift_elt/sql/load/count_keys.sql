{# How many keys the fresh rows have. #}
select count(*)
from (
select distinct
    {{ key | columns }}
from {{ fresh | identifier }}
) as keys
