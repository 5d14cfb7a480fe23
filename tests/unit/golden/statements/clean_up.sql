-- first load

begin;

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";

commit;


-- rerun

begin;

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";

commit;


-- correction

begin;

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";

commit;


-- full load

begin;

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";

commit;
