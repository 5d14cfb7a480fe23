-- first load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";


-- rerun

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";


-- correction

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";


-- full load

select
    set_config('statement_timeout', %(statement_timeout)s, false),
    set_config('query_group', %(query_group)s, false);
-- with statement_timeout = '7200000', query_group = 'redshift_elt'

drop table if exists
    "staging_orders__4e4a3efb5fa2",
    "staging_orders_files__4e4a3efb5fa2",
    "staging_products__4e4a3efb5fa2",
    "staging_products_files__4e4a3efb5fa2";
