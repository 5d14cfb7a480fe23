"""Invalid arguments are refused when the DAG is parsed, with a message that says what to write instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from redshift_elt import Json, Parquet
from redshift_elt.checks import Fresh, NotNull, Query, References, RowCount, Unique
from redshift_elt.loading.append import Append
from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.deletes import Deletes
from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.loading.placeholders import Placeholder
from redshift_elt.loading.scd2 import Scd2
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
from redshift_elt.operators.data_quality import DataQualityOperator
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.operators.vacuum import VacuumOperator

STAGE = {"task_id": "t", "table": "staging_events", "bucket": "bucket"}
FACT = {"task_id": "t", "table": "plays", "select": "select 1", "key": "play_id", "window_column": "start_time"}
DIMENSION = {
    "task_id": "t", "table": "users", "select": "select 1", "key": "user_id",
    "strategy": MergeRows(latest_by="updated_at"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "exactly one of key_pattern"),
        ({"key_pattern": "%Y.json", "prefix": "logs/"}, "exactly one of key_pattern"),
        ({"prefix": "logs"}, "must end with a slash.*logs/"),
        ({"key_pattern": "%Y.json", "list_every": timedelta(days=1)}, "list_every needs prefix"),
        ({"prefix": "logs/", "key": "logs.json"}, "exactly one of key_pattern"),
        ({"key": "logs/"}, "is not the key of one object"),
        ({"key": "logs/*.json"}, "is not the key of one object"),
        ({"key": "logs/%Y.json"}, "is not the key of one object: use prefix, or key_pattern for objects with a date"),
        ({"prefix": "logs/%Y/"}, "has codes of a date.*use key_pattern"),
        ({"prefix": "logs/%n/"}, "has codes of a date.*use key_pattern"),
        ({"key": "logs/%-S.json"}, "is not the key of one object"),
        ({"key_pattern": "%n/%Y.json"}, "%n is not a code that it can have"),
        ({"key_pattern": "%Y/%"}, "% is not a code that it can have"),
        ({"key_pattern": "%Y.json", "margin_days": 367}, "margin_days is 367: write 0 or more days, at most 366"),
        ({"prefix": "logs/", "list_every": timedelta(days=-1)}, "list_every is .*: write a time such as"),
        ({"prefix": "logs/", "list_every": 1}, r"list_every is 1: write a time such as timedelta\(days=1\)"),
        ({"prefix": "logs/", "checks": "a.yaml"}, r"checks is 'a\.yaml': write a list, .* load_checks"),
        ({"prefix": "logs/", "checks": [{"not_null": "a"}]}, r"checks is \[\{'not_null': 'a'\}\]: write a list"),
        ({"key": "logs.json", "window_column": "at"}, "window_column needs key_pattern"),
        ({"key": "logs.json", "list_every": timedelta(days=1)}, "list_every needs prefix"),
        ({"prefix": "logs/", "start_after": True}, "start_after needs list_every"),
        ({"key_pattern": "%Y.json", "margin_days": -1}, "margin_days is -1: write 0 or more"),
        ({"prefix": "logs/", "margin_days": 1}, "only with key_pattern"),
        ({"prefix": "logs/", "max_left_out": 20}, "max_left_out is 20: write a share"),
        ({"prefix": "logs/", "max_left_out": True}, "max_left_out is True: write a share"),
        ({"prefix": "logs/", "bucket": "s3://bucket"}, "without s3://"),
        ({"prefix": "logs/", "format": "csv"}, r"write a format such as Json\(\), Csv\(\) or Parquet\(\)"),
        ({"prefix": "logs/", "format": Json("logs/paths.json")}, "is below prefix 'logs/'.*: move it elsewhere"),
        ({"prefix": "logs/", "format": Parquet(), "max_rejects": 1}, "Leave max_rejects out"),
        ({"prefix": "logs/", "format": Parquet(), "max_rejects": "1%"}, "Leave max_rejects out"),
        ({"prefix": "logs/", "format": Parquet(), "region": "eu-west-1"}, "leave region out"),
        ({"prefix": "logs/", "iam_role": "copy"}, "write 'default' or the ARN of a role"),
        ({"key_pattern": "logs/today.json"}, "Write the date with %Y.*use key for one object"),
        ({"key_pattern": "logs/%Y-%q.json"}, "Write the date with %Y"),
        ({"prefix": "logs/", "table": "Staging"}, "cannot be a table"),
        ({"prefix": "logs/", "table": "landing.staging_events"}, "has a schema: write 'staging_events'"),
        ({"prefix": "logs/", "table": "events_unfinished"}, "ends with _unfinished, which is reserved"),
        ({"key_pattern": "logs/%Y/%d.json", "window_column": "at"}, "must say which period a key belongs to"),
        ({"key_pattern": "logs/%Y/%H.json", "timezone": "UTC"}, "must say which period a key belongs to"),
        ({"key_pattern": "logs/%Y.json", "timezone": "Berlin"}, "write a name of the IANA database"),
        ({"key_pattern": "{{ params.logs }}%Y.json", "timezone": "Berlin"}, "write a name of the IANA database"),
        ({"prefix": "logs/", "timezone": "Europe/Berlin"}, "timezone needs key_pattern"),
        ({"prefix": "logs/", "on_new_field": "ignore"}, "on_new_field is 'ignore': write 'warn', 'fail', 'add'"),
        ({"prefix": "logs/", "on_new_field": "add", "format": Json("paths.json")}, r"'add' needs Json\('auto'\)"),
    ],
)
def test_staging(arguments, words):
    with pytest.raises(ValueError, match=words):
        StageToRedshiftOperator(**{**STAGE, **arguments})


def test_key_with_percent_signs_that_are_no_date_is_accepted():
    assert StageToRedshiftOperator(**STAGE, key="100%/caf%C3%A9-%d0%b0.json").key == "100%/caf%C3%A9-%d0%b0.json"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"table": "plays; drop table plays"}, "cannot be a table"),
        ({"key": []}, "The key is empty"),
        ({"key": ["play id"]}, "cannot be a table or column name"),
        ({"window_column": "start time"}, "cannot be a table or column name"),
        ({"window_column": None}, r"exactly one of window_column and strategy.*OverwriteWindow\('start_time'\)"),
        ({"strategy": OverwriteWindow("start_time")}, "exactly one of window_column and strategy"),
        ({"window_column": None, "strategy": Append()}, "the key 'play_id' has no effect: leave key out"),
        ({"window_column": None, "strategy": Append(), "key": None}, r"Append\(\) needs staged_by"),
        ({"key": None}, "key is missing: write the column or columns"),
        ({"select": None}, "select is None: write a query, which begins with SELECT or WITH"),
        ({"select": ""}, "select is '': write a query"),
        ({"select": "plays"}, "select is 'plays': write a query.* or the name of a .sql file"),
        ({"select": "-- Plays.\ndelete from plays"}, "write a query"),
        ({"select": Path("plays.sql")}, "or the name of a .sql file"),
        ({"audit": True}, r"audit is True: write AuditColumns\("),
        ({"placeholders": {"users": "user_id"}}, r"placeholders is \{.*\}: write a list, such as \[Placeholder\("),
        ({"staged_by": ["stage"]}, r"staged_by is \['stage'\]: write a list, such as \[stage_orders\], of operators"),
        ({"staged_by": StageToRedshiftOperator(**STAGE, prefix="logs/")}, "staged_by is <Task.*>: write a list"),
        (
            {"window_column": None, "strategy": MergeRecords("seen", records_key="play_id", latest_by="at")},
            r"not for facts: write OverwriteWindow\('start_time'\).*LoadDimensionOperator",
        ),
    ],
)
def test_fact(arguments, words):
    with pytest.raises(ValueError, match=words):
        LoadFactOperator(**{**FACT, **arguments})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dimension": "the users", "columns": {"user_id": "user_id"}}, "cannot be a table"),
        ({"dimension": "users", "columns": {}}, "columns of the placeholder for users is empty: write the column"),
        ({"dimension": "users", "columns": {"user_id": "user id"}}, "cannot be a table or column name"),
        ({"dimension": "users", "columns": {"user id": "user_id"}}, "cannot be a table or column name"),
    ],
)
def test_placeholder(arguments, words):
    with pytest.raises(ValueError, match=words):
        Placeholder(**arguments)


@pytest.mark.parametrize("dimension_first", [True, False])
@pytest.mark.parametrize(
    ("dimension", "words"),
    [
        (
            {"strategy": MergeRows(identical_rows=True)},
            "users cannot have placeholders, because load_users has no rule",
        ),
        ({"strategy": Scd2(changed_at="updated_at")}, "users cannot have placeholders, because load_users has no rule"),
        ({"key": ["user_id", "country"]}, "has the key user_id, but the key of load_users is user_id, country"),
    ],
    ids=["identical rows", "a history", "another key"],
)
def test_placeholder_for_a_dimension_whose_load_does_not_fit(dimension, words, dimension_first):
    def load_fact():
        placeholder = Placeholder("public.users", {"buyer": "user_id"})
        LoadFactOperator(**{**FACT, "task_id": "load_plays"}, placeholders=[placeholder])

    def load_dimension():
        LoadDimensionOperator(**{**DIMENSION, "task_id": "load_users", **dimension})

    loads = [load_dimension, load_fact] if dimension_first else [load_fact, load_dimension]
    with DAG("shop", schedule=None):
        loads[0]()
        with pytest.raises(ValueError, match=words):
            loads[1]()


@pytest.mark.parametrize(
    "select",
    [
        "select 1",
        "-- All.\n/* 1 */ WITH a AS (select 1) select 2",
        "(select 1) union (select 2)",
        "{{ params.sql }}",
        "plays.sql",
    ],
)
def test_select_is_a_query_a_template_or_a_file(select):
    assert LoadFactOperator(**{**FACT, "select": select}).select == select


@pytest.mark.parametrize(
    ("construct", "words"),
    [
        (lambda: Choice("name"), r"columns of Choice is 'name': write a list, such as \['name'\]"),
        (lambda: Choice(order_by="name desc"), "order_by of Choice is 'name desc': write a list"),
        (lambda: MergeRows(choices=["name"]), r"choices is \['name'\]: write a list, such as \[Choice\("),
        (lambda: MergeRecords("seen", "id", choices=Choice(["name"])), "choices is Choice.*: write a list"),
        (
            lambda: DataQualityOperator(task_id="t", checks=RowCount(table="plays")),
            "checks is RowCount.*: write a list",
        ),
        (lambda: VacuumOperator(task_id="t", tables="plays"), r"tables is 'plays': write a list, such as \['orders'\]"),
    ],
)
def test_one_value_instead_of_several(construct, words):
    with pytest.raises(ValueError, match=words):
        construct()


def test_window_column_of_a_fact_is_short_for_the_default_strategy():
    assert LoadFactOperator(**FACT).strategy == OverwriteWindow("start_time")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"key": ()}, "The key is empty"),
        ({"strategy": None}, r"strategy is None, .* write MergeRows\(latest_by='updated_at'\)"),
        ({"strategy": Append()}, r"strategy is Append\(\), which is not for dimensions: .* or use LoadFactOperator"),
        ({"strategy": OverwriteWindow("start_time")}, "which is not for dimensions"),
        ({"after_merge": "update plays set user_id = 1"}, "together with after_merge_writes"),
        ({"after_merge": "update", "after_merge_writes": "plays"}, r"write a list, \['plays'\]"),
        ({"after_merge_writes": ["plays"]}, "together with after_merge_writes"),
    ],
)
def test_dimension(arguments, words):
    with pytest.raises(ValueError, match=words):
        LoadDimensionOperator(**{**DIMENSION, **arguments})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "at least one must be given"),
        ({"run_id": "loaded", "loaded_at": "loaded"}, "must be another column"),
        ({"loaded_at": "loaded at"}, "cannot be a table or column name"),
        ({"run_id": "user_id"}, "The key has the audit column 'user_id'"),
    ],
)
def test_audit_columns(arguments, words):
    with pytest.raises(ValueError, match=words):
        LoadDimensionOperator(**DIMENSION, audit=AuditColumns(**arguments))


@pytest.mark.parametrize(
    ("operator", "strategy"),
    [
        (DIMENSION, MergeRows(latest_by="seen")),
        (DIMENSION, MergeRows(choices=[Choice(["name"]), Choice(["seen"])])),
        (DIMENSION, MergeRows(latest_by="at", deletes=Deletes("op", "D", mark="seen"))),
        (DIMENSION, MergeRecords("records", records_key="user_id", latest_by="seen")),
        (DIMENSION, Scd2(changed_at="seen")),
        (DIMENSION, Scd2(changed_at="at", valid_from="seen")),
        (DIMENSION, Scd2(changed_at="at", valid_to="seen")),
        (DIMENSION, Scd2(changed_at="at", is_current="seen")),
        (DIMENSION, FullRefresh(gone="mark", mark="seen")),
        (DIMENSION, Scd2Snapshots(valid_from="seen")),
        (FACT, OverwriteWindow("seen")),
    ],
    ids=lambda value: value["table"] if isinstance(value, dict) else repr(value),
)
def test_audit_column_that_the_strategy_uses(operator, strategy):
    arguments = {**operator, "strategy": strategy, "audit": AuditColumns(loaded_at="seen")}
    arguments.pop("window_column", None)
    load = LoadFactOperator if operator is FACT else LoadDimensionOperator
    with pytest.raises(ValueError, match="The strategy uses the audit column 'seen' for something else"):
        load(**arguments)


def test_column_of_a_mark_that_is_not_used_can_be_an_audit_column():
    stage = StageToRedshiftOperator(**{**STAGE, "task_id": "stage", "prefix": "users/"})
    audit = AuditColumns(run_id="is_deleted")
    LoadDimensionOperator(**{**DIMENSION, "strategy": FullRefresh(), "audit": audit}, staged_by=[stage])


def test_checks():
    with pytest.raises(ValueError, match="checks is empty: give at least one"):
        DataQualityOperator(task_id="t", checks=[])
    with pytest.raises(ValueError, match="'rows' of users is given twice"):
        DataQualityOperator(task_id="t", checks=[RowCount(table="users"), RowCount(table="users", at_least=5)])
    with pytest.raises(ValueError, match="use the window columns a and b"):
        DataQualityOperator(
            task_id="t", checks=[Fresh(table="users", column="a", hours=1), RowCount(table="users", window_column="b")]
        )
    with pytest.raises(ValueError, match="can never pass"):
        RowCount(table="users", at_least=5, at_most=1)
    with pytest.raises(ValueError, match="sql of 'something' is '': write a query"):
        Query(table="users", name="something", sql="", equals=0)
    with pytest.raises(ValueError, match="can never fail"):
        Query(table="users", name="something", sql="select 1")
    with pytest.raises(ValueError, match="write 'error' or 'warn'"):
        NotNull(table="users", column="level", severity="fatal")
    with pytest.raises(ValueError, match="row_count of users does not take where: leave it out"):
        RowCount(table="users", where="level = 'paid'")
    with pytest.raises(ValueError, match="cannot be a table or column name"):
        Unique(table="users", column="user id")


def test_template_is_validated_after_rendering():
    table = "{{ params.table }}"
    for operator, arguments in ((StageToRedshiftOperator, {**STAGE, "prefix": "logs/"}), (LoadFactOperator, FACT)):
        assert operator(**{**arguments, "table": table}).table == table


@pytest.mark.parametrize("seconds", [0, -1, "60", None, True, float("inf"), float("nan")])
@pytest.mark.parametrize(
    ("operator", "arguments"), [(LoadFactOperator, FACT), (StageToRedshiftOperator, {**STAGE, "prefix": "logs/"})]
)
def test_lock_timeout_that_is_no_limit_is_refused(operator, arguments, seconds):
    with pytest.raises(ValueError, match="write a number of seconds greater than 0"):
        operator(**arguments, lock_timeout=seconds)


@pytest.mark.parametrize("rendered", ["", "Sales 2018", "a.b.c", "None; drop table users"])
@pytest.mark.parametrize(("operator", "arguments"), [(LoadFactOperator, FACT), (LoadDimensionOperator, DIMENSION)])
def test_load_whose_template_renders_to_a_wrong_table_is_not_retried(operator, arguments, rendered):
    load = operator(**{**arguments, "table": "{{ params.table }}"})
    load.render_template_fields({"params": {"table": rendered}})
    with pytest.raises(AirflowFailException, match=r"An argument of t cannot be used\. '.*' cannot be a table"):
        load.execute({})


def test_arguments_that_users_template_are_template_fields():
    assert set(StageToRedshiftOperator.template_fields) >= {
        "conn_id", "aws_conn_id", "table", "bucket", "key_pattern", "prefix", "key", "format", "iam_role", "region",
    }  # fmt: skip
    assert set(LoadFactOperator.template_fields) >= {"conn_id", "table", "select"}
    assert set(LoadDimensionOperator.template_fields) >= {"conn_id", "table", "select", "after_merge"}
    assert "queries" in DataQualityOperator.template_fields
    for operator in (StageToRedshiftOperator, LoadFactOperator, LoadDimensionOperator, DataQualityOperator):
        assert ".sql" in operator.template_ext


@pytest.mark.parametrize(
    "check",
    [References(table="staging", column="a", to="b", to_column="a"), RowCount(table="other")],
    ids=lambda check: check.kind,
)
def test_staging_refuses_checks_of_other_tables_and_queries(check):
    with pytest.raises(ValueError, match="cannot run while staging is staged"):
        StageToRedshiftOperator(task_id="stage", table="staging", bucket="bucket", prefix="a/", checks=[check])


@pytest.mark.parametrize("limit", [-1, 100_000, "many", "101%", "-1%", "1 %%"])
def test_reject_limit_that_copy_does_not_support_is_refused(limit):
    with pytest.raises(ValueError, match=r"max_rejects is .*: write 0 to 99,999"):
        StageToRedshiftOperator(task_id="stage", table="t", bucket="bucket", prefix="p/", max_rejects=limit)


@pytest.mark.parametrize(
    "arguments",
    [
        {"prefix": "{{ params.prefix }}"},
        {"prefix": "{% if params.shop %}{{ params.shop }}/{% else %}all/{% endif %}"},
        {"key_pattern": "{% if params.shop %}a/%Y.json{% else %}b/%Y.json{% endif %}"},
        {"prefix": "a/", "max_rejects": "{% if params.strict %}0{% else %}10{% endif %}"},
    ],
)
def test_template_is_checked_only_when_it_is_rendered(arguments):
    assert StageToRedshiftOperator(**STAGE, **arguments).prefix == arguments.get("prefix")
