-- The empty template of each run's staging table: the changes of customers, as the shop's database reports them.
-- op is I (inserted), U (updated) or D (deleted). A deletion has only the key and the time.
create table if not exists staging_customers (
    op varchar(1) not null encode zstd,
    customer_id integer not null encode az64,
    name varchar(256) encode zstd,
    city varchar(256) encode zstd,
    updated_at timestamp not null encode az64
)
diststyle even;

-- One row for each customer that has a record or an order, with its latest state. Deleted customers are kept and
-- marked, so that orders have one; updated_at is the time of the last change before that.
create table if not exists customers (
    customer_id integer not null encode raw,
    name varchar(256) encode zstd,
    city varchar(256) encode zstd,
    updated_at timestamp encode az64,
    is_deleted boolean not null default false encode raw,
    primary key (customer_id)
)
diststyle key
distkey (customer_id)
sortkey (customer_id);

-- One row for each version of a customer, with its period of validity; valid_to is null for the latest version. A
-- deletion is a version that is not present. is_present comes first after the key, and false sorts before true: if an
-- update has the same time as a deletion, the deletion is kept, as in customers.
create table if not exists customer_history (
    customer_id integer not null encode raw,
    is_present boolean not null encode raw,
    name varchar(256) encode zstd,
    city varchar(256) encode zstd,
    valid_from timestamp not null encode az64,
    valid_to timestamp encode az64,
    is_current boolean not null encode raw,
    primary key (customer_id, valid_from)
)
diststyle key
distkey (customer_id)
sortkey (customer_id);
