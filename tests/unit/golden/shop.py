"""A small shop for the golden files: its tables, its files in S3, its tasks, and the situations in which they run.

Run ``make golden`` after a change here; see :mod:`tests.support.golden`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from airflow.sdk import DAG, BaseOperator

from redshift_elt.checks import AcceptedValues, EqualCounts, InRange, NotNull, References, RowCount, Unique
from redshift_elt.loading.append import Append
from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.deletes import Deletes
from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.placeholders import Placeholder
from redshift_elt.loading.scd2 import Scd2
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
from redshift_elt.operators.apply_retention import ApplyRetentionOperator
from redshift_elt.operators.clean_up import CleanUpOperator
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table

BUCKET = "shop-data"
PREFIXES = ("orders/", "products/", "suppliers/", "manifests/")
DAILY = SimpleNamespace(
    dag_id="shop",
    run_id="scheduled__2018-11-02",
    run_type="scheduled",
    run_after=datetime(2018, 11, 2, tzinfo=timezone.utc),
)
DAY = {"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"}
ORDERS, PRODUCTS = staging_table("staging_orders", DAILY), staging_table("staging_products", DAILY)
SUPPLIERS = staging_table("staging_suppliers", DAILY)

TABLES = """\
create table staging_orders (
    order_id integer not null,
    ordered_at timestamp not null,
    status varchar(16),
    customer_id integer,
    customer_name varchar(64),
    product_id varchar(8),
    quantity integer
);
create table staging_products (
    product_id varchar(8) not null,
    title varchar(64),
    price decimal(9, 2),
    brand_id varchar(8),
    brand varchar(64),
    country varchar(64),
    updated_at timestamp
);
create table orders (
    order_id integer not null,
    ordered_at timestamp not null,
    status varchar(16),
    customer_id integer,
    product_id varchar(8),
    quantity integer
);
create table customers (customer_id integer not null, name varchar(64), seen_at timestamp not null);
create table etl.customer_records (customer_id integer not null, name varchar(64), seen_at timestamp not null);
create table products (product_id varchar(8) not null, title varchar(64), price decimal(9, 2));
create table order_statuses (order_id integer not null, ordered_at timestamp not null, status varchar(16));
create table statuses (
    status varchar(16) not null,
    description varchar(64) default 'not described',
    sort_order smallint not null default 0
);
create table price_changes (product_id varchar(8) not null, price decimal(9, 2));
create table brands (brand_id varchar(8) not null, name varchar(64), country varchar(64));
create table etl.brand_records (
    product_id varchar(8) not null,
    brand_id varchar(8) not null,
    name varchar(64),
    country varchar(64)
);
create table price_history (
    product_id varchar(8) not null,
    price decimal(9, 2),
    updated_at timestamp not null,
    valid_from timestamp not null,
    valid_to timestamp,
    is_current boolean not null
);
create table staging_suppliers (supplier_id integer not null, name varchar(64));
create table suppliers (supplier_id integer not null, name varchar(64));
create table known_suppliers (supplier_id integer not null, name varchar(64), is_deleted boolean not null);
create table supplier_history (
    supplier_id integer not null,
    name varchar(64),
    valid_from timestamp not null,
    valid_to timestamp,
    is_current boolean not null
);
create table offers (
    product_id varchar(8) not null,
    title varchar(64),
    updated_at timestamp,
    loaded_by varchar(64) not null,
    loaded_at timestamp not null,
    source_period date
);
create table sales (product_id varchar(8) not null, title varchar(64), updated_at timestamp, has_ended boolean);
create table etl.sale_records (
    product_id varchar(8) not null,
    title varchar(64),
    updated_at timestamp,
    is_cheap boolean
);
create table etl.lock_orders (unused boolean);
create table etl.lock_customers (unused boolean);
create table etl.lock_products (unused boolean);
create table etl.lock_brands (unused boolean);
create table etl.lock_price_history (unused boolean);
create table etl.lock_suppliers (unused boolean);
create table etl.lock_known_suppliers (unused boolean);
create table etl.lock_supplier_history (unused boolean);
create table etl.lock_offers (unused boolean);
create table etl.lock_sales (unused boolean);
create table etl.lock_order_statuses (unused boolean);
create table etl.lock_statuses (unused boolean);
create table etl.lock_price_changes (unused boolean)"""


@dataclass(frozen=True)
class Situation:
    """A situation in which every task runs once.

    :param files: the objects that are uploaded first, by key.
    :param modified: their modification times in S3.
    :param try_number: the number of the try; a cleared run has another one.
    """

    name: str
    modified: datetime
    files: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=lambda: DAY)
    try_number: int = 1


def _lines(*records: dict[str, Any]) -> str:
    return "\n".join(json.dumps(record) for record in records)


def _order(number: int, ordered_at: str, customer: tuple[int, str], product: str, **changes: Any) -> dict[str, Any]:
    customer_id, name = customer
    order = {"order_id": number, "ordered_at": ordered_at, "status": "paid", "customer_id": customer_id}
    return {**order, "customer_name": name, "product_id": product, "quantity": 1, **changes}


def _product(product: str, title: str, price: float, brand: tuple[str, str, str | None], updated_at: str) -> str:
    brand_id, name, country = brand
    about = {"product_id": product, "title": title, "price": price, "updated_at": updated_at}
    return json.dumps({**about, "brand_id": brand_id, "brand": name, "country": country})


def _supplier(number: int, name: str) -> dict[str, Any]:
    return {"supplier_id": number, "name": name}


ANNA, BEN, BENJAMIN = (1, "Anna"), (2, "Ben"), (2, "Benjamin")
KILN, KILN_AND_CO, LOOM = ("B1", "Kiln", "Portugal"), ("B1", "Kiln & Co.", None), ("B2", "Loom", "Peru")
FIRST = _order(1, "2018-11-01 09:00:00", ANNA, "P1")
SECOND = _order(2, "2018-11-01 10:30:00", BEN, "P2", quantity=3)
THIRD = _order(3, "2018-11-01 18:15:00", BENJAMIN, "P1", status="open")
NEXT_DAY = _order(4, "2018-11-02 08:00:00", ANNA, "P3")

SITUATIONS = (
    Situation(
        "first load",
        datetime(2018, 11, 2, 0, 5, tzinfo=timezone.utc),
        {
            "orders/2018/11/2018-11-01.json": _lines(FIRST, SECOND, THIRD),
            "orders/2018/11/2018-11-02.json": _lines(NEXT_DAY),
            "suppliers/2018-11-01.json": _lines(_supplier(1, "Kiln"), _supplier(2, "Loom"), _supplier(3, "Forge")),
            "products/P1.json": _product("P1", "Teapot", 19.5, KILN, "2018-10-30 12:00:00"),
            "products/P2.json": _product("P2", "Cup", 4, KILN_AND_CO, "2018-10-30 12:00:00"),
            "products/P3.json": _product("P3", "Blanket", 60, LOOM, "2018-10-31 09:00:00"),
        },
    ),
    Situation("rerun", datetime(2018, 11, 2, 0, 10, tzinfo=timezone.utc), try_number=2),
    # One order has another quantity, one is removed, one is new, and one is invalid; a product has another price, and
    # its brand another country; a supplier has another name, and one is gone.
    Situation(
        "correction",
        datetime(2018, 11, 2, 9, 0, tzinfo=timezone.utc),
        {
            "orders/2018/11/2018-11-01.json": _lines(
                {**FIRST, "quantity": 2},
                SECOND,
                _order(5, "2018-11-01 20:00:00", ANNA, "P3"),
                {**FIRST, "order_id": "?"},
            ),
            "suppliers/2018-11-01.json": _lines(_supplier(1, "Kiln & Co."), _supplier(3, "Forge")),
            "products/P1.json": _product("P1", "Teapot", 17.9, ("B1", "Kiln", "Spain"), "2018-11-02 08:30:00"),
        },
        try_number=3,
    ),
    Situation("full load", datetime(2018, 11, 2, 9, 30, tzinfo=timezone.utc), params={"full_load": True}, try_number=4),
)


def tasks() -> dict[str, BaseOperator]:
    """Return the tasks in the order in which they run, by the names of their golden files."""
    with DAG(dag_id="shop", schedule=None):
        stage_orders = StageToRedshiftOperator(
            task_id="stage_orders",
            table="staging_orders",
            bucket=BUCKET,
            key_pattern="orders/%Y/%m/%Y-%m-%d.json",
            window_column="ordered_at",
            max_rejects=1,
            checks=[
                InRange(table="staging_orders", column="quantity", at_least=1, key="order_id", empty_passes=True),
                AcceptedValues(
                    table="staging_orders", column="status", values=["open", "paid"], key="order_id", empty_passes=True
                ),
            ],
        )
        stage_products = StageToRedshiftOperator(
            task_id="stage_products",
            table="staging_products",
            bucket=BUCKET,
            prefix="products/",
            # Reads the age of the last listing from the ledger, and lists again.
            list_every=timedelta(0),
        )
        load_orders = LoadFactOperator(
            task_id="load_orders",
            table="orders",
            select=f"select order_id, ordered_at, status, customer_id, product_id, quantity\nfrom {ORDERS}",
            staged_by=[stage_orders],
            key="order_id",
            window_column="ordered_at",
        )
        load_products = LoadDimensionOperator(
            task_id="load_products",
            table="products",
            select=f"select product_id, title, price\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            key="product_id",
            strategy=MergeRows(choices=[Choice()]),
        )
        load_order_statuses = LoadFactOperator(
            task_id="load_order_statuses",
            table="order_statuses",
            select=f"select order_id, ordered_at, status\nfrom {ORDERS}",
            staged_by=[stage_orders],
            key="order_id",
            window_column="ordered_at",
            placeholders=[Placeholder("statuses", {"status": "status"})],
        )
        load_price_changes = LoadFactOperator(
            task_id="load_price_changes",
            table="price_changes",
            select=f"select product_id, price\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            strategy=Append(),
        )
        load_customers = LoadDimensionOperator(
            task_id="load_customers",
            table="customers",
            select=f"select customer_id, customer_name as name, ordered_at as seen_at\nfrom {ORDERS}",
            staged_by=[stage_orders],
            key="customer_id",
            strategy=MergeRecords(
                records="etl.customer_records",
                window_column="seen_at",
                latest_by="seen_at",
            ),
        )
        load_brands = LoadDimensionOperator(
            task_id="load_brands",
            table="brands",
            select=f"select product_id, brand_id, brand as name, country\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            key="brand_id",
            strategy=MergeRecords(
                records="etl.brand_records",
                records_key="product_id",
                choices=[Choice(["name"], order_by=["len(name)"]), Choice(["country"])],
            ),
        )
        load_price_history = LoadDimensionOperator(
            task_id="load_price_history",
            table="price_history",
            select=f"select product_id, price, updated_at\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            key="product_id",
            strategy=Scd2(changed_at="updated_at"),
        )
        stage_suppliers = StageToRedshiftOperator(
            task_id="stage_suppliers",
            table="staging_suppliers",
            bucket=BUCKET,
            key_pattern="suppliers/%Y-%m-%d.json",
        )
        load_suppliers, load_known_suppliers, load_supplier_history = (
            LoadDimensionOperator(
                task_id=f"load_{table}",
                table=table,
                select=f"select supplier_id, name\nfrom {SUPPLIERS}",
                staged_by=[stage_suppliers],
                key="supplier_id",
                strategy=strategy,
            )
            for table, strategy in (
                ("suppliers", FullRefresh()),
                ("known_suppliers", FullRefresh(gone="mark")),
                ("supplier_history", Scd2Snapshots()),
            )
        )
        load_offers = LoadDimensionOperator(
            task_id="load_offers",
            table="offers",
            select=f"select product_id, title, updated_at, case when price < 18 then 'D' end as op\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            key="product_id",
            strategy=MergeRows(latest_by="updated_at", deletes=Deletes(column="op", value="D")),
            audit=AuditColumns(run_id="loaded_by", loaded_at="loaded_at", source_period="source_period"),
        )
        load_sales = LoadDimensionOperator(
            task_id="load_sales",
            table="sales",
            select=f"select product_id, title, updated_at, price < 18 as is_cheap\nfrom {PRODUCTS}",
            staged_by=[stage_products],
            key="product_id",
            strategy=MergeRecords(
                records="etl.sale_records",
                records_key="product_id",
                latest_by="updated_at",
                deletes=Deletes(column="is_cheap", value=True, mark="has_ended"),
            ),
        )
        check_shop = DataQualityOperator(
            task_id="check_shop",
            staged_by=[stage_orders],
            checks=[
                Unique(table="orders", column="order_id"),
                NotNull(table="orders", column="customer_id", key="order_id", window_column="ordered_at"),
                References(table="orders", column="product_id", to="products", to_column="product_id", key="order_id"),
                RowCount(table="customers"),
                EqualCounts(
                    table="orders",
                    name="staged and loaded orders",
                    expected_sql=f"select count(*)\nfrom {ORDERS}",
                    actual_sql="select count(*)\nfrom orders\nwhere ordered_at >= '2018-11-01'",
                    severity="warn",
                ),
            ],
        )
        clean_up = CleanUpOperator(task_id="clean_up", staged_by=[stage_orders, stage_products])
        apply_retention = ApplyRetentionOperator(task_id="apply_retention")
    return {
        "stage_dated_files": stage_orders,
        "stage_prefix": stage_products,
        "load_fact": load_orders,
        "load_fact_append": load_price_changes,
        "load_fact_with_placeholders": load_order_statuses,
        "load_dimension_rows": load_products,
        "load_dimension_records_by_time": load_customers,
        "load_dimension_records_by_key": load_brands,
        "load_dimension_versions": load_price_history,
        "stage_snapshot": stage_suppliers,
        "load_dimension_snapshot": load_suppliers,
        "load_dimension_marked": load_known_suppliers,
        "load_dimension_snapshot_history": load_supplier_history,
        "load_dimension_rows_with_deletes": load_offers,
        "load_dimension_records_with_deletes": load_sales,
        "data_quality": check_shop,
        "clean_up": clean_up,
        "apply_retention": apply_retention,
    }
