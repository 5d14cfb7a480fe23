-- The staged snapshot.
select
    product_id,
    name,
    price_cents
from {{ staging_table('staging_products', dag_run) }}
