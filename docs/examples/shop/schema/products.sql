-- The empty template of each run's staging table: a snapshot of the products that are on offer.
create table if not exists staging_products (
    product_id integer not null encode az64,
    name varchar(256) encode zstd,
    price_cents integer encode az64
)
diststyle even;

-- One row for each product of the latest snapshot.
create table if not exists products (
    product_id integer not null encode raw,
    name varchar(256) encode zstd,
    price_cents integer encode az64,
    primary key (product_id)
)
diststyle all
sortkey (product_id);
