-- The staged changes of customers as versions; the load computes when each version ends.
select
    customer_id,
    name,
    city,
    op = 'D' as is_deleted,
    updated_at as valid_from
from {{ staging_table('staging_customers', dag_run) }}
