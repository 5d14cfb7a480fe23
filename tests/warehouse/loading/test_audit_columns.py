"""Audit columns say which load has written a row; a load that does not change a row leaves them alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from tests.support.warehouse import WarehouseUnderTest

ORDERS = """\
create table orders (
    order_id integer not null,
    name varchar(8),
    ordered_at timestamp not null,
    loaded_by varchar(32) not null,
    loaded_at timestamp not null,
    source_period timestamp,
    channel varchar(8) default 'web'
)"""
RECORDS = "create table order_records (order_id integer not null, name varchar(8), ordered_at timestamp not null)"
AUDIT = AuditColumns(run_id="loaded_by", loaded_at="loaded_at", source_period="source_period")

# The key, the name, and the hour of 1 November 2018 of an order.
Order = tuple[int, str, int]


def fact(**arguments) -> LoadFactOperator:
    return LoadFactOperator(window_column="ordered_at", **arguments)


def rows(**arguments) -> LoadDimensionOperator:
    return LoadDimensionOperator(strategy=MergeRows(latest_by="ordered_at"), **arguments)


def records(**arguments) -> LoadDimensionOperator:
    strategy = MergeRecords("order_records", window_column="ordered_at", latest_by="ordered_at")
    return LoadDimensionOperator(strategy=strategy, **arguments)


LONG = pytest.mark.long("audit columns of the other strategies")
every_strategy = pytest.mark.parametrize("operator", [fact, rows, records])


@pytest.fixture
def orders(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    for statement in (ORDERS, RECORDS, "create table if not exists etl.lock_orders (unused boolean)"):
        warehouse.execute(statement)
    yield warehouse
    for table in ("orders", "order_records", "etl.lock_orders"):
        warehouse.execute(f"drop table {table}")


def select_of(*orders: Order) -> str:
    names = (
        "select {}::integer as order_id, '{}'::varchar(8) as name, '2018-11-01 {:02}:00:00'::timestamp as ordered_at"
    )
    return " union all ".join(names.format(*order) for order in orders)


def load(operator, run_id: str, select: str, *, audit: AuditColumns = AUDIT, **params: Any) -> bool:
    """Load the orders, and return whether a row was written."""
    params = params or {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-02T00:00:00"}
    instance = SimpleNamespace(
        dag_id="shop", run_id=run_id, task_id="load", try_number=1, xcom_push=lambda key, value: None
    )
    context = {"params": params, "dag_run": SimpleNamespace(dag_id="shop", run_id=run_id), "ti": instance}
    try:
        operator(task_id="load", table="orders", key="order_id", select=select, audit=audit).execute(context)
    except AirflowSkipException:
        return False
    return True


def loaded(warehouse: WarehouseUnderTest) -> dict[Order, tuple[Any, ...]]:
    """Return the audit columns of each row, whose other columns are the key."""
    hour = "extract(hour from ordered_at)::integer"
    found = warehouse.query(f"select order_id, name, {hour}, loaded_by, loaded_at from orders")
    assert len({row[:3] for row in found}) == len(found)
    return {row[:3]: row[3:] for row in found}


@every_strategy
def test_changed_rows_have_the_values_of_their_load_and_others_keep_theirs(orders, operator):
    load(operator, "first", select_of((1, "Lamp", 9), (2, "Sofa", 9)))
    before = loaded(orders)
    assert not load(operator, "repeated", select_of((1, "Lamp", 9), (2, "Sofa", 9)))
    assert loaded(orders) == before
    hour = {"window_start": "2018-11-01T10:00:00", "window_end": "2018-11-01T11:00:00"}
    load(operator, "second", select_of((1, "Lamp", 9), (2, "Bed", 10), (3, "Desk", 10)), **hour)
    # A fact keeps the sofa: it is in an hour that the second load does not overwrite.
    found = orders.query("select order_id, name, loaded_by, source_period, channel from orders where name <> 'Sofa'")
    assert sorted(found) == [
        (1, "Lamp", "first", datetime(2018, 11, 1), "web"),
        (2, "Bed", "second", datetime(2018, 11, 1, 10), "web"),
        (3, "Desk", "second", datetime(2018, 11, 1, 10), "web"),
    ]
    assert loaded(orders)[1, "Lamp", 9] == before[1, "Lamp", 9]
    in_time = (
        "select count(*) from orders join etl.loads on run_id = loaded_by "
        "where orders.loaded_at >= started_at and orders.loaded_at <= loads.loaded_at and name <> 'Sofa'"
    )
    assert orders.query(in_time) == [(3,)]


@every_strategy
def test_full_load_has_no_period(orders, operator):
    load(operator, "everything", select_of((1, "Lamp", 9)), full_load=True)
    assert orders.query("select loaded_by, source_period from orders") == [("everything", None)]


some_orders = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["Lamp", "Lamp ", "Sofa"]), st.integers(0, 2)), min_size=1, max_size=4
)


@pytest.mark.long("audit columns in any order of files")
@pytest.mark.parametrize("operator", [fact, *(pytest.param(operator, marks=LONG) for operator in (rows, records))])
@given(runs=st.lists(some_orders, min_size=2, max_size=4))
@settings(max_examples=settings().max_examples // 50)
def test_audit_columns_follow_from_the_rows_that_a_run_has_changed(orders, operator, runs):
    """Whatever the strategy does with the other columns."""
    for table in ("orders", "order_records", "etl.loads"):
        orders.execute(f"delete from {table}")
    before: dict[Order, tuple[Any, ...]] = {}
    for number, select in enumerate(select_of(*found) for found in runs):
        wrote = load(operator, f"run-{number}", select)
        after = loaded(orders)
        assert wrote == (after != before)
        for row, (run_id, loaded_at) in after.items():
            assert (run_id, loaded_at) == before[row] if row in before else run_id == f"run-{number}"
        before = after


@every_strategy
@pytest.mark.parametrize(
    ("audit", "select", "words"),
    [
        (
            AuditColumns(run_id="loaded_by", loaded_at="written_at"),
            select_of((1, "Lamp", 9)),
            r"orders does not have the column written_at that the load computes.*alter table orders add column",
        ),
        (
            AUDIT,
            select_of((1, "Lamp", 9)).replace("select", "select 'me'::varchar(8) as loaded_by,"),
            "The SELECT for orders yields the column loaded_by, but the load computes that.*Remove or rename it",
        ),
        (
            AuditColumns(run_id="loaded_by"),
            select_of((1, "Lamp", 9)),
            "does not yield the column loaded_at: NOT NULL and without a default",
        ),
    ],
)
def test_audit_columns_that_do_not_fit_fail_before_anything_is_written(orders, operator, audit, select, words):
    if operator is records:
        orders.execute("alter table order_records add column loaded_by varchar(8)")
        select = select if audit is AUDIT else select.replace("select", "select null::varchar(8) as loaded_by,")
        words = words if audit is AUDIT else "loaded_by|written_at"
    with pytest.raises(AirflowFailException, match=words):
        load(operator, "first", select, audit=audit)
    assert orders.query("select 1 from orders") == orders.query("select 1 from order_records") == []
