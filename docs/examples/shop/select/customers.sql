-- The staged changes of customers; the load takes the latest one of each customer.
select
    customer_id,
    name,
    city,
    updated_at,
    op = 'D' as is_deleted
from {{ staging_table('staging_customers', dag_run) }}
