"""Wrong names and wrong SQL of a user: the message says what is wrong and where, and the task is not retried."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from redshift_elt import (
    Choice,
    DataQualityOperator,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRecords,
    MergeRows,
    NotNull,
    Placeholder,
    Query,
    ReportOperator,
    StageToRedshiftOperator,
    VacuumOperator,
)
from redshift_elt.connection.refused_statement import StatementRefusedError
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.report.question import Question
from redshift_elt.run.names import staging_table
from redshift_elt.run.params import run_params
from tests.support.warehouse import BUCKET, WarehouseUnderTest

TABLES = {
    "sales": "order_id integer not null, ordered_at timestamp not null, customer_id integer, state varchar(8)",
    "staging_sales": "order_id integer, ordered_at timestamp, customer_id integer, state varchar(8)",
    "buyers": "customer_id integer not null, name varchar(8)",
}
SELECT = "select order_id, ordered_at, customer_id, state from {{ staging_table('staging_sales', dag_run) }}"
ORDER = {"order_id": 1, "ordered_at": "2018-11-01 10:00:00", "customer_id": 7, "state": "new"}
ENDING = "The statement has changed nothing. Correct it, then clear the task: a retry would be refused too."
SALES = "order_id, ordered_at, customer_id, state"


class UserProject:
    """A DAG of a user: a source, and one task, with its SELECT in a file."""

    def __init__(self, warehouse: WarehouseUnderTest, folder: Path) -> None:
        self.warehouse = copy.copy(warehouse)
        self.folder = folder

    def message(self, task: Callable[[StageToRedshiftOperator], Any], **source: Any) -> str:
        """Return the message of the run that fails.

        :param task: constructs the task behind the source.
        :param source: arguments of the source that differ from those that are right.
        """
        with DAG(
            "sales",
            start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
            schedule=None,
            params=run_params(),
            template_searchpath=[str(self.folder)],
            user_defined_macros={"staging_table": staging_table},
        ) as dag:
            right: dict[str, Any] = {
                "table": "staging_sales",
                "bucket": BUCKET,
                "key_pattern": "orders/%Y-%m-%d.json",
                "window_column": "ordered_at",
            }
            task(StageToRedshiftOperator(task_id="stage_sales", **right | source))
        dag.resolve_template_files()
        self.warehouse.dag = dag
        run = self.warehouse.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
        with pytest.raises(AirflowFailException) as refused:
            [run.execute(each.task_id) for each in dag.topological_sort()]
        # Airflow's log shows the causes of an error too.
        if isinstance(refused.value, StatementRefusedError):
            assert refused.value.__suppress_context__
        message = str(refused.value)
        assert "'S': 'ERROR'" not in message
        assert "LINE 1" not in message
        return message

    def load(self, source: StageToRedshiftOperator, **arguments: Any) -> LoadFactOperator:
        """Construct the load of the facts, with arguments that differ from those that are right."""
        right: dict[str, Any] = {
            "table": "sales",
            "select": "select/sales.sql",
            "key": "order_id",
            "window_column": "ordered_at",
            "staged_by": [source],
        }
        return LoadFactOperator(task_id="load_sales", **right | arguments)

    def merge(self, source: StageToRedshiftOperator, strategy: Any, **arguments: Any) -> LoadDimensionOperator:
        """Construct a load of the same rows that merges them."""
        return LoadDimensionOperator(
            task_id="load_sales", table="sales", select=SELECT, key="order_id", strategy=strategy, **arguments
        )

    def write(self, sql: str, name: str = "select/sales.sql") -> None:
        """Write a file of SQL, by default that of the SELECT."""
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(sql, "utf-8")


@pytest.fixture(scope="module")
def tables(created_warehouse: WarehouseUnderTest) -> Iterator[None]:
    for name, columns in TABLES.items():
        created_warehouse.execute(f"create table {name} ({columns})")
    yield
    for name in (*TABLES, "etl.lock_sales", "etl.lock_buyers"):
        created_warehouse.execute(f"drop table if exists {name}")


@pytest.fixture(params=["warehouse", pytest.param("through_postgres", marks=pytest.mark.long("the other driver"))])
def project(request, tables, warehouse, tmp_path) -> UserProject:
    warehouse.put("orders/2018-11-01.json", json.dumps(ORDER).encode())
    found = UserProject(request.getfixturevalue(request.param), tmp_path)
    found.write(SELECT)
    return found


def test_column_that_the_select_does_not_find(project):
    project.write(SELECT.replace("customer_id", "custmer_id"))
    message = project.message(project.load)
    assert message.startswith('The warehouse refuses a statement of load_sales: column "custmer_id" does not exist.')
    assert "See select/sales.sql (the argument select)." in message
    assert f"Did you mean customer_id? staging_sales has {SALES}." in message
    assert message.endswith(ENDING)


STAGED = "{{ staging_table('staging_sales', dag_run) }}"


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("select order_id, ordered_at from from", 'syntax error at or near "from"'),
        (f"select order_id, ordered_at, state + 1 as customer_id from {STAGED}", "operator does not exist"),
        (f"select order_id, state as ordered_at from {STAGED}", "operator does not exist: character varying"),
        (f"select order_id, ordered_at, state::integer as customer_id from {STAGED}", "Invalid digit, Value 'n'"),
        (f"select order_id, ordered_at, 'cancelled' as state from {STAGED}", "value too long for type"),
        (f"select s.order_id, ordered_at from {STAGED} as s, buers", 'relation "buers" does not exist'),
    ],
)
def test_select_that_the_warehouse_refuses(project, select, says):
    project.write(select)
    message = project.message(project.load)
    assert message.startswith(f"The warehouse refuses a statement of load_sales: {says}")
    assert "See select/sales.sql (the argument select). " in message
    assert ("Did you mean buyers or users?" in message) == ("buers" in select)


def test_columns_of_every_table_that_the_select_reads_are_listed(project):
    project.write(f"select s.order_id, ordered_at, b.nme as state from {STAGED} as s join buyers as b on true")
    message = project.message(project.load)
    assert f"Did you mean name? buyers has customer_id, name. staging_sales has {SALES}." in message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            {"window_column": "orderd_at"},
            'column "orderd_at" does not exist. See the argument window_column. Did you mean ordered_at or order_id? '
            f"staging_sales has {SALES}.",
        ),
        (
            {"window_column": "customer_id"},
            "operator does not exist: integer >= timestamp without time zone. No operator matches",
        ),
        (
            {"table": "stagin_sales"},
            'relation "stagin_sales" does not exist. See the argument table. Did you mean staging_sales or',
        ),
        (
            {"checks": [NotNull(table="staging_sales", column="stat")]},
            "column \"stat\" does not exist. See the check 'nulls in stat' of staging_sales. Did you mean state?",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_argument_of_a_source(project, source, words):
    message = project.message(project.load, **source)
    assert message.startswith(f"The warehouse refuses a statement of stage_sales: {words}")
    assert ("It has the argument window_column." in message) == (source.get("window_column") == "customer_id")


def test_role_that_the_cluster_does_not_have(project):
    message = project.message(project.load, iam_role="arn:aws:iam::123456789012:role/nobody")
    assert "Associate the role with the cluster, or correct iam_role. Then clear this task." in message


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"table": "slaes"}, 'relation "slaes" does not exist. See the argument table. Did you mean sales or users?'),
        ({"table": "shop.sales"}, 'relation "shop.sales" does not exist. See the argument table. Did you mean sales?'),
    ],
)
def test_wrong_table_of_a_load(project, arguments, words):
    message = project.message(lambda source: project.load(source, **arguments))
    assert message.startswith(f"The warehouse refuses a statement of load_sales: {words}")
    assert "Create " in message


@pytest.mark.parametrize(
    ("strategy", "others", "words"),
    [
        (
            MergeRows(choices=[Choice(order_by=["len(stat)"])]),
            {},
            'column "stat" does not exist. See the argument choices. Did you mean state?',
        ),
        (
            MergeRecords("sales_record", window_column="ordered_at", latest_by="ordered_at"),
            {},
            'relation "sales_record" does not exist. See the argument records. Did you mean etl.user_records or',
        ),
        (
            MergeRows(latest_by="ordered_at"),
            {"after_merge": "update buyrs set name = 'x'", "after_merge_writes": ["buyers"]},
            'relation "buyrs" does not exist. See the argument after_merge. Did you mean buyers or users?',
        ),
    ],
    ids=["choices", "records", "after_merge"],
)
def test_wrong_name_in_a_merge(project, strategy, others, words):
    message = project.message(lambda source: project.merge(source, strategy, **others))
    assert message.startswith(f"The warehouse refuses a statement of load_sales: {words}")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (
            NotNull(table="slaes", column="state"),
            "relation \"slaes\" does not exist. See the check 'nulls in state' of slaes. Did you mean sales or users?",
        ),
        (
            Query(name="many", table="sales", sql="checks/many.sql", at_least=1),
            "column \"stat\" does not exist. See checks/many.sql of the check 'many' of sales. Did you mean state? "
            f"sales has {SALES}.",
        ),
    ],
)
def test_wrong_name_in_a_check(project, check, words):
    project.write("select count(stat) from sales", "checks/many.sql")
    message = project.message(lambda source: DataQualityOperator(task_id="check", staged_by=[source], checks=[check]))
    assert message.startswith(f"The warehouse refuses a statement of check: {words}")


def test_wrong_name_in_a_question_of_a_report(project):
    project.write("-- Who?\nselect nme from buyers", "questions/who.sql")
    message = project.message(
        lambda _: ReportOperator(
            task_id="report", title="Sales", questions=[Question("questions/who.sql")], bucket=BUCKET, prefix="reports/"
        )
    )
    words = 'column "nme" does not exist. See questions/who.sql (the argument questions). Did you mean name? buyers has'
    assert message.startswith(f"The warehouse refuses a statement of report: {words}")


def test_wrong_table_of_a_vacuum(project):
    message = project.message(lambda _: VacuumOperator(task_id="vacuum", tables=["slaes"]))
    assert 'relation "slaes" does not exist. See the argument tables. Did you mean sales or users?' in message


def test_bookkeeping_schema_that_was_never_created(project, monkeypatch):
    monkeypatch.setenv("AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA", "etl_of_shop")
    message = project.message(project.load)
    assert "etl_of_shop is the schema of the bookkeeping tables: an administrator creates it" in message
    assert "python -m redshift_elt.ddl.migrate_schema" in message


def test_message_has_no_value_that_was_bound(project):
    """A statement of the package itself is shown, with placeholders."""
    project.warehouse.execute("alter table sales rename column state to status")
    try:
        message = project.message(lambda source: Misspelled(task_id="other"))
    finally:
        project.warehouse.execute("alter table sales rename column status to state")
    assert "The statement begins: select state from sales where state = %(secret)s." in message
    assert "hunter2" not in message


class Misspelled(WarehouseOperator):
    """An operator whose own statement is wrong."""

    def execute(self, context):
        """Send it."""
        self.transaction(
            lambda session: session.fetch("select state from sales where state = %(secret)s", {"secret": "hunter2"})
        )


def test_staging_table_that_no_task_stages(project):
    project.write(SELECT.replace("staging_sales", "stagin_sales"))
    message = project.message(project.load)
    assert message.startswith(
        "load_sales reads staging_table('stagin_sales', dag_run), but no task of the DAG stages a table stagin_sales. "
        "Did you mean staging_sales? Staged are staging_sales (by stage_sales)."
    )


def test_staging_table_of_a_task_that_is_not_named_in_staged_by(project):
    def before(source):
        load = project.load(source, staged_by=[])
        load >> source
        return load

    message = project.message(before)
    assert message.startswith("load_sales reads the staging table of stage_sales, which does not exist.")
    assert "Add stage_sales to staged_by of load_sales" in message


def test_placeholders_for_a_table_that_does_not_exist(project):
    for dimension, column, words in [
        ("buyrs", "customer_id", "buyrs cannot have placeholders: it does not exist."),
        ("buyers", "custmer_id", "Correct columns: the dimension has customer_id, name."),
    ]:
        placeholder = Placeholder(dimension, {"customer_id": column})
        assert words in project.message(lambda source, of=placeholder: project.load(source, placeholders=[of]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"key": "orderid"}, f"Correct key or the argument that names it, .*The load writes {SALES}"),
        ({"window_column": "orderd_at"}, "needs the column orderd_at, as its key or for its strategy"),
        ({"window_column": "customer_id"}, "customer_id, the window_column of the load, is not a timestamp in sales"),
        (
            {"window_column": None, "strategy": MergeRows(latest_by="orderd_at")},
            f"it writes {SALES}.*Correct latest_by",
        ),
    ],
)
def test_column_of_an_argument_that_the_load_does_not_write(project, arguments, words):
    assert re.search(words, project.message(lambda source: project.load(source, **arguments)))
