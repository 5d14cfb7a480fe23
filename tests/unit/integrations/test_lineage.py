"""Lineage from SQL, and the names of tables."""

from __future__ import annotations

import pytest

from redshift_elt.integrations.lineage import DatasetNamespace, tables_and_columns
from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator

NAMESPACE = DatasetNamespace("redshift://mine.eu-west-1:5439", "shop")


@pytest.mark.parametrize(
    ("sql", "tables", "columns"),
    [
        ("select o.id, price * n as sum from orders as o", {"public.orders"}, {"id": ["id"], "sum": ["n", "price"]}),
        ("select id, current_date as day, 1 as one from shop.orders", {"shop.orders"}, {"id": ["id"]}),
        # The parser cannot resolve the columns of an asterisk.
        ("select a.id, a.k from (select *, 1 as k from orders) as a", {"public.orders"}, {}),
        ("select delta.id, o.n from orders__delta as delta join orders as o on true", {"public.orders"}, {"n": ["n"]}),
        ("select id from orders qualify, and so on", set(), {}),
        ("with o as (select id from orders) select o.id from o", set(), {}),
    ],
)
def test_unparsable_sql_is_left_out(sql, tables, columns):
    found, origins_of = tables_and_columns(sql, temporary=["orders__delta"])
    assert found == tables
    assert {name: [column for _, column in origins] for name, origins in origins_of.items()} == columns


def test_unparsable_select_keeps_the_lineage_that_the_operator_knows():
    stage = StageToRedshiftOperator(task_id="stage", table="staging_orders", bucket="shop", prefix="orders/")
    load = LoadDimensionOperator(
        task_id="load", table="orders", select="select from from", key="id", staged_by=[stage],
        strategy=MergeRecords("etl.order_records", records_key="id", choices=[Choice(["price"])]),
    )  # fmt: skip
    lineage = load.lineage(NAMESPACE)
    assert [dataset.name for dataset in lineage.inputs] == ["shop.public.staging_orders"]
    assert [dataset.name for dataset in lineage.outputs] == ["shop.public.orders", "shop.etl.order_records"]
    assert not any(dataset.facets for dataset in lineage.outputs)


def test_table_of_a_run_has_the_name_of_its_template():
    assert (
        NAMESPACE.name("staging_orders__0a1b2c3d4e5f")
        == NAMESPACE.name("public.staging_orders")
        == "shop.public.staging_orders"
    )
    assert NAMESPACE.name("etl.loads") == "shop.etl.loads"
    assert DatasetNamespace("redshift://mine.eu-west-1:5439", None).name("orders__archive") == "public.orders__archive"
