-- The empty template of each run's staging table: the fields of an order.
create table if not exists staging_orders (
    order_id varchar(16) not null encode zstd,
    ordered_at timestamp not null encode raw,
    customer_id integer not null encode az64,
    product_id integer not null encode az64,
    quantity integer not null encode az64,
    unit_price_cents integer not null encode az64
)
diststyle even
sortkey (ordered_at);

-- The fact: one row for each order.
-- Sorted by time, because loads overwrite windows of it; distributed by customer, the dimension it is joined with.
create table if not exists orders (
    order_id varchar(16) not null encode zstd,
    ordered_at timestamp not null encode raw,
    customer_id integer not null encode az64,
    product_id integer not null encode az64,
    quantity integer not null encode az64,
    amount_cents integer not null encode az64,
    primary key (order_id)
)
diststyle key
distkey (customer_id)
sortkey (ordered_at);
