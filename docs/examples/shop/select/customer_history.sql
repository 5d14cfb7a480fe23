-- The staged changes of customers as versions; the load computes when each version ends.
select
    customer_id,
    op <> 'D' as is_present,
    name,
    city,
    updated_at as valid_from
from {{ staging_table('staging_customers', dag_run) }}
