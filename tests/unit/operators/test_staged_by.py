"""``staged_by`` sets upstream tasks, and decides for which targets a staging operator keeps a ledger."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG, task_group

from redshift_elt.checks import RowCount
from redshift_elt.loading.append import Append
from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.window import Window

RULE = MergeRows(latest_by="updated_at")
RECORDS = MergeRecords("etl.seen", window_column="seen_at", latest_by="seen_at")


def dag():
    return DAG("shop", schedule=None, start_date=datetime(2018, 11, 1, tzinfo=timezone.utc))


def stage(task_id="stage", **arguments):
    return StageToRedshiftOperator(
        task_id=task_id, **{"table": f"{task_id}_orders", "bucket": "shop", "prefix": "orders/", **arguments}
    )


def dimension(table, *staged_by, strategy=RULE):
    return LoadDimensionOperator(
        task_id=f"load_{table}", table=table, select="select 1", key="id", staged_by=staged_by, strategy=strategy
    )


def fact(table, *staged_by):
    return LoadFactOperator(
        task_id=f"load_{table}", table=table, select="select 1", key="id", window_column="at", staged_by=staged_by
    )


def append(table, *staged_by):
    return LoadFactOperator(
        task_id=f"load_{table}", table=table, select="select 1", strategy=Append(), staged_by=staged_by
    )


def mapped(orders):
    LoadDimensionOperator.partial(
        task_id="mapped", select="select 1", key="id", staged_by=[orders], strategy=RULE
    ).expand(table=["one", "two"])


def staging_of(operator, **params):
    context = {"dag_run": SimpleNamespace(dag_id="shop", run_id="r", run_type="scheduled"), "params": params}
    moment = datetime(2018, 11, 1, tzinfo=timezone.utc)
    operator.__dict__["s3"] = None
    return operator.staging_for(operator, context, Window(moment, moment + timedelta(hours=1), "test"))


def ledger_targets(operator):
    staging = staging_of(operator, customers="customers_2")
    return staging.context.ledger and list(staging.context.ledger.targets)


def test_staging_operators_are_upstream_of_the_tasks_that_name_them():
    with dag() as shop:
        events, orders = stage("events"), stage("orders")
        dimension("customers", events, orders)
        DataQualityOperator(task_id="check", checks=[RowCount(table="customers")], staged_by=[orders])
    assert shop.get_task("load_customers").upstream_task_ids == {"events", "orders"}
    assert orders.downstream_task_ids == {"load_customers", "check"}


def test_dag_can_be_assigned_later():
    orders = stage("orders")
    load = dimension("customers", orders)
    shop = dag()
    for task in (load, orders):
        shop.add_task(task)
    assert load.upstream_task_ids == {"orders"}
    assert [task.task_id for task in orders.downstream_list] == ["load_customers"]


def test_ledger_is_kept_for_the_targets_that_merge():
    with dag():
        orders, other = stage("orders"), stage("other")
        dimension("customers", orders)
        dimension("etl.products", orders)
        dimension("suppliers", other)
        DataQualityOperator(task_id="check", checks=[RowCount(table="customers")], staged_by=[orders])
    assert ledger_targets(orders) == ["customers", "etl.products"]


def test_ledger_target_can_be_a_template():
    with dag():
        orders = stage("orders")
        LoadDimensionOperator(
            task_id="load",
            table="{{ params.customers }}",
            select="select 1",
            key="id",
            staged_by=[orders],
            strategy=RULE,
        )
    assert ledger_targets(orders) == ["customers_2"]


@pytest.mark.parametrize("schema", ["Shop", "shop.dev", ""])
def test_schema_of_a_ledger_target_that_renders_to_a_wrong_name_fails_without_retry(schema):
    with dag():
        orders = stage("orders")
        LoadDimensionOperator(
            task_id="load",
            table="{{ params.schema }}.orders",
            select="select 1",
            key="id",
            staged_by=[orders],
            strategy=RULE,
        )
    with pytest.raises(AirflowFailException, match="An argument of orders cannot be used"):
        staging_of(orders, schema=schema)


@pytest.mark.parametrize(
    "overwriting",
    [
        lambda orders: fact("orders", orders),
        lambda orders: dimension("seen", orders, strategy=RECORDS),
        mapped,
    ],
    ids=["a fact", "a dimension with records of a window", "a mapped load"],
)
def test_no_ledger_is_kept_if_a_load_needs_all_objects(overwriting):
    with dag():
        orders = stage("orders")
        dimension("customers", orders)
        overwriting(orders)
    assert ledger_targets(orders) is None


def test_ledger_is_kept_for_a_load_that_appends():
    with dag():
        orders = stage("orders")
        append("clicks", orders)
        dimension("customers", orders)
    assert ledger_targets(orders) == ["clicks", "customers"]
    assert staging_of(orders).context.source.exact_versions


@pytest.mark.parametrize(
    ("beside", "latest_only"),
    [
        (
            lambda daily: DataQualityOperator(task_id="check", staged_by=[daily], checks=[RowCount(table="stores")]),
            True,
        ),
        (lambda daily: dimension("history", daily, strategy=Scd2Snapshots()), True),
        (lambda daily: dimension("customers", daily), False),
        (mapped, False),
    ],
    ids=["a check", "another snapshot", "a merge", "a mapped load"],
)
def test_latest_snapshot_is_staged_if_all_loads_read_snapshots(beside, latest_only):
    with dag():
        daily = stage("daily", prefix=None, key_pattern="stores/%Y-%m-%d.csv")
        dimension("stores", daily, strategy=FullRefresh())
        beside(daily)
    source = staging_of(daily).context.source
    assert source.latest_only is latest_only
    assert source.ledger_targets == ()


@pytest.mark.parametrize("strategy", [FullRefresh(), Scd2Snapshots()])
@pytest.mark.parametrize("names", [[], ["north", "south"]])
def test_snapshot_of_several_sources_is_refused(strategy, names):
    with dag(), pytest.raises(ValueError, match="loads one snapshot: name the operator that stages it in staged_by"):
        dimension("stores", *map(stage, names), strategy=strategy)


@pytest.mark.parametrize("strategy", [FullRefresh(), Scd2Snapshots()])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"window_column": "at"}, "window_column of daily leaves out rows of other periods: remove window_column"),
        ({"max_rejects": 10}, "daily has max_rejects=10: remove max_rejects"),
        ({"max_rejects": "1%"}, "daily has max_rejects='1%': remove max_rejects"),
    ],
)
def test_source_that_leaves_out_rows_of_a_snapshot_is_refused(strategy, arguments, words):
    with dag():
        daily = stage("daily", prefix=None, key_pattern="stores/%Y-%m-%d.csv", **arguments)
        with pytest.raises(ValueError, match=f"load_stores loads a snapshot, .* but {words}"):
            dimension("stores", daily, strategy=strategy)


@pytest.mark.parametrize("max_rejects", [0, "0", "0%", "{{ params.max_rejects }}"])
def test_source_of_a_snapshot_can_take_max_rejects_from_the_form(max_rejects):
    with dag():
        daily = stage("daily", max_rejects=max_rejects)
        dimension("stores", daily, strategy=FullRefresh())
    assert staging_of(daily, max_rejects=10).context.source.latest_only


@pytest.mark.parametrize("layout", [{"key_pattern": "orders/%Y-%m-%d.json"}, {"key": "orders/today.json"}])
def test_append_without_a_ledger_is_refused(layout):
    with dag():
        daily = stage("daily", prefix=None, **layout)
        instead = f"stage with prefix='orders/' instead of {next(iter(layout))}, or"
        with pytest.raises(ValueError, match=f"load_clicks uses Append.*{instead}"):
            append("clicks", daily)


OVERWRITING = pytest.mark.parametrize(
    "overwriting",
    [lambda daily: fact("orders", daily), lambda daily: dimension("orders", daily, strategy=RECORDS)],
    ids=["a fact", "a dimension with records of a window"],
)
DAILY = {"prefix": None, "key_pattern": "orders/%Y-%m-%d.json"}


@OVERWRITING
def test_load_that_overwrites_periods_whose_objects_have_rows_of_other_periods_is_refused(overwriting):
    with dag():
        daily = stage("daily", **DAILY)
        with pytest.raises(
            ValueError, match=r"load_orders overwrites the periods that daily reads.*window_column='...' in daily"
        ):
            overwriting(daily)


@OVERWRITING
def test_load_that_overwrites_periods_with_their_own_rows_is_accepted(overwriting):
    with dag():
        overwriting(stage("daily", window_column="ordered_at", **DAILY))


def test_mapped_load_that_overwrites_periods_is_refused_when_it_runs():
    with dag():
        daily = stage("daily", **DAILY)
    load = fact("orders", stage("other"))
    with pytest.raises(AirflowFailException, match=r"An argument of daily cannot.*load_orders overwrites"):
        daily.staging_for(load, {"dag_run": None, "params": {}}, None)


@pytest.mark.parametrize("append_first", [True, False])
def test_append_beside_a_load_that_needs_all_objects_is_refused(append_first):
    loads = [append, fact] if append_first else [fact, append]
    with dag():
        orders = stage("orders")
        loads[0]("clicks", orders)
        with pytest.raises(ValueError, match=r"but load_.* needs every object of orders in every run: give each"):
            loads[1]("orders", orders)


def test_append_beside_a_mapped_load_fails_before_anything_is_staged():
    with dag():
        orders = stage("orders")
        append("clicks", orders)
        mapped(orders)
    with pytest.raises(AirflowFailException, match="but mapped needs every object of orders"):
        staging_of(orders)


def test_no_ledger_is_kept_without_a_load_or_for_a_key_pattern():
    with dag():
        orders, daily = stage("orders"), stage("daily", prefix=None, key_pattern="orders/%Y-%m-%d.json")
        dimension("customers", daily)
    assert ledger_targets(orders) is None
    assert ledger_targets(daily) is None


@pytest.mark.parametrize("arguments", [{}, {"start_after": True}])
def test_list_every_beside_a_load_that_needs_all_objects_is_refused(arguments):
    with dag():
        orders = stage("orders", list_every=timedelta(days=1), **arguments)
        dimension("customers", orders)
        with pytest.raises(ValueError, match="list_every of orders has no effect: load_orders needs every object"):
            fact("orders", orders)


def test_list_every_without_a_load_fails_before_anything_is_staged():
    with dag():
        orders = stage("orders", list_every=timedelta(days=1))
        DataQualityOperator(task_id="check", checks=[RowCount(table="customers")], staged_by=[orders])
    with pytest.raises(AirflowFailException, match="list_every of orders has no effect: without a ledger"):
        ledger_targets(orders)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"table": "Staging"}, "cannot be a table"),
        ({"table": "landing.orders"}, "has a schema: write 'orders'"),
        ({"bucket": "s3://shop"}, "is not a bucket name"),
        ({"bucket": ""}, "is not a bucket name"),
        ({"prefix": "orders"}, "must end with a slash.*: orders/"),
        ({"iam_role": "copy"}, "write 'default' or the ARN"),
        ({"max_rejects": "100000"}, "write 0 to 99,999"),
        ({"max_rejects": "many"}, "max_rejects is 'many': write 0 to 99,999"),
        ({"max_rejects": "101%"}, "or a share such as '1%'"),
        ({"prefix": None, "key_pattern": "orders/today.json"}, "Write the date with %Y"),
        ({"prefix": None, "key_pattern": "orders/%Y/%d.json", "window_column": "at"}, "must say which period"),
    ],
    ids=str,
)
def test_template_that_renders_to_a_wrong_value_fails_without_retry(arguments, words):
    templates = {name: f"{{{{ params.{name} }}}}" for name in arguments if arguments[name] not in (None, "at")}
    with dag():
        orders = stage("orders", **{**arguments, **templates})
    with pytest.raises(AirflowFailException, match=f"An argument of orders cannot be used.*{words}"):
        staging_of(orders, **arguments)


INSTEAD = "Write one staging task whose key_pattern or prefix covers all objects, or create a table for each task"


def add_in_a_with_block(shop):
    with shop:
        stage("south", table="staging_clicks")


@pytest.mark.parametrize(
    "add",
    [
        add_in_a_with_block,
        lambda shop: stage("south", table="staging_clicks", dag=shop),
        lambda shop: shop.add_task(stage("south", table="staging_clicks")),
    ],
    ids=["with block", "argument", "later"],
)
def test_two_staging_tasks_of_one_table_in_a_dag_are_refused(add):
    with dag() as shop:
        stage("north", table="staging_clicks")
        stage("west", table="staging_orders")
    with pytest.raises(
        ValueError, match=f"north and south of the DAG shop have the same table staging_clicks, .*{INSTEAD}"
    ):
        add(shop)


def test_staging_tasks_of_one_table_in_two_dags_are_accepted():
    for name in ("dev", "prod"):
        with DAG(name):
            stage("orders")


def test_two_staging_tasks_of_one_table_in_staged_by_are_refused():
    north, south = (stage(region, table="staging_clicks") for region in ("north", "south"))
    with pytest.raises(
        ValueError, match=f"load_clicks names north and south in staged_by, which have the same table.*{INSTEAD}"
    ):
        fact("clicks", north, south)
    with pytest.raises(ValueError, match="names north and north in staged_by"):
        fact("clicks", north, north)


def test_mapped_staging_task_is_refused():
    with pytest.raises(ValueError, match=f"The staging task stage is mapped, .*{INSTEAD}"):
        StageToRedshiftOperator.partial(task_id="stage", table="staging_clicks", bucket="shop").expand(
            prefix=["north/", "south/"]
        )


def test_staging_task_in_a_mapped_group_is_refused():
    @task_group
    def regions(prefix):
        stage(prefix=prefix)

    with dag(), pytest.raises(ValueError, match=f"The staging task regions.stage is mapped, .*{INSTEAD}"):
        regions.expand(prefix=["north/", "south/"])
