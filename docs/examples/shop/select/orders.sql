-- The staged orders. The queue delivers some of them twice; a load keeps one row of each key.
select
    order_id,
    ordered_at,
    customer_id,
    product_id,
    quantity,
    quantity * unit_price_cents as amount_cents
from {{ staging_table('staging_orders', dag_run) }}
