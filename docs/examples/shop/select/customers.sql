-- The staged changes of customers; the load takes the latest one of each customer, and op says which ones delete.
select
    op,
    customer_id,
    name,
    city,
    updated_at
from {{ staging_table('staging_customers', dag_run) }}
