"""Strategies refuse invalid arguments when the DAG is parsed, and state which objects they need."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.append import Append
from redshift_elt.loading.deduplication import Choice, choices_of
from redshift_elt.loading.deletes import Deletes
from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow
from redshift_elt.loading.scd2 import Scd2
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"records": "etl seen", "window_column": "seen_at"}, "cannot be a table"),
        ({"records": "etl.seen", "window_column": "seen at"}, "cannot be a table or column name"),
        ({"records": "etl.seen", "records_key": ["user id"]}, "cannot be a table or column name"),
        ({"records": "etl.seen", "records_key": []}, "The key is empty"),
        ({"records": "etl.seen"}, "MergeRecords of etl.seen needs either window_column or records_key"),
        ({"records": "etl.seen", "window_column": "at", "records_key": "id"}, "needs either window_column or"),
        ({"records": "etl.seen", "window_column": "at"}, "exactly one rule.*MergeRecords.*latest_by='updated_at'"),
        ({"records": "etl.seen", "window_column": "at", "latest_by": "seen at"}, "cannot be a table or column name"),
        (
            {"records": "etl.seen", "window_column": "at", "latest_by": "at", "choices": [Choice(["at"])]},
            "exactly one rule",
        ),
    ],
)
def test_invalid_records_setting_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        MergeRecords(**arguments)


def test_invalid_window_column_is_refused():
    with pytest.raises(ValueError, match="cannot be a table or column name"):
        OverwriteWindow("start time")


@pytest.mark.parametrize(
    ("strategy", "needs_all_objects"),
    [
        (OverwriteWindow("at"), True),
        (Append(), False),
        (MergeRows(latest_by="at"), False),
        (MergeRecords("etl.seen", window_column="at", latest_by="at"), True),
        (MergeRecords("etl.seen", records_key="id", latest_by="at"), False),
        (Scd2("at"), False),
        (FullRefresh(), True),
        (Scd2Snapshots(), True),
    ],
)
def test_strategy_that_deletes_by_window_needs_all_objects(strategy, needs_all_objects):
    assert strategy.needs_all_objects is needs_all_objects


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, r"exactly one rule.*strategy=MergeRows\(latest_by='updated_at'\).*identical_rows=True"),
        ({"latest_by": "at", "choices": [Choice(["at"])]}, "exactly one rule"),
        ({"latest_by": "at", "identical_rows": True}, "exactly one rule"),
        ({"latest_by": "updated at"}, "cannot be a table or column name"),
    ],
)
def test_merge_without_one_rule_for_rows_that_differ_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        MergeRows(**arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"changed_at": "changed at"}, "cannot be a table or column name"),
        ({"changed_at": "at", "valid_to": "valid to"}, "cannot be a table or column name"),
        ({"changed_at": "valid_to"}, "names a column twice: only changed_at and valid_from"),
        ({"changed_at": "at", "valid_to": "valid_from"}, "names a column twice"),
    ],
)
def test_columns_of_a_history_that_do_not_differ_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Scd2(**arguments)


@pytest.mark.parametrize(
    ("strategy", "arguments", "words"),
    [
        (FullRefresh, {"gone": "close"}, r"gone of FullRefresh is 'close': .* use Scd2Snapshots"),
        (FullRefresh, {"gone": "mark", "mark": "is deleted"}, "cannot be a table or column name"),
        (FullRefresh, {"max_deleted": 20}, "max_deleted is 20: write a share"),
        (FullRefresh, {"max_deleted": True}, "max_deleted is True: write a share"),
        (Scd2Snapshots, {"max_deleted": -1}, "max_deleted is -1: write a share"),
        (Scd2Snapshots, {"valid_to": "valid_from"}, "names a column twice"),
        (Scd2Snapshots, {"is_current": "is current"}, "cannot be a table or column name"),
    ],
)
def test_invalid_setting_of_snapshots_is_refused(strategy, arguments, words):
    with pytest.raises(ValueError, match=words):
        strategy(**arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"column": "op code", "value": "D"}, "cannot be a table or column name"),
        ({"column": "op", "value": "D", "mark": "is deleted"}, "cannot be a table or column name"),
        (
            {"column": "deleted_at", "value": None},
            "For another condition, let the SELECT compute the column",
        ),
        ({"column": "op", "value": "a\\b"}, "cannot be an SQL literal"),
    ],
)
def test_invalid_deletes_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Deletes(**arguments)


@pytest.mark.parametrize("rule", [{"choices": [Choice()]}, {"latest_by": "op"}, {"latest_by": "is_deleted"}])
@pytest.mark.parametrize(
    ("strategy", "arguments", "words"),
    [
        (MergeRows, {}, r"Write MergeRows\(latest_by='updated_at', deletes=Deletes\(column='op', value='D'"),
        (
            MergeRecords,
            {"records": "seen", "records_key": "id"},
            r"Write MergeRecords\(records='seen', ..., latest",
        ),
    ],
)
def test_deletes_without_a_column_that_says_which_row_is_the_latest_are_refused(strategy, arguments, rule, words):
    with pytest.raises(ValueError, match=f"deletes needs latest_by, another column.*{words}"):
        strategy(**arguments, **rule, deletes=Deletes(column="op", value="D", mark="is_deleted"))


def test_without_choices_the_whole_row_is_used():
    columns = ["id", "name", "level", "at"]
    assert choices_of((), None, "users", columns, ["id"]) == [Choice(["name", "level", "at"])]
    whole_row = Choice(order_by=["len(name)"])
    assert choices_of([whole_row], None, "users", columns, ["id"]) == [Choice(["name", "level", "at"], ["len(name)"])]
    latest = Choice(["name", "level", "at"], ['"at" desc nulls last'])
    assert choices_of((), "at", "users", columns, ["id"]) == [latest]


@pytest.mark.parametrize("latest_by", ["updated_at", "id"])
def test_column_of_the_latest_row_that_cannot_be_compared_is_refused(latest_by):
    with pytest.raises(AirflowFailException, match=f"latest_by of users is '{latest_by}', but the load writes no such"):
        choices_of((), latest_by, "users", ["id", "name", "level"], ["id"])


@pytest.mark.parametrize("choices", [[Choice(["name"])], [Choice(["name", "level"]), Choice(["name"])]])
def test_choices_that_do_not_name_every_column_once_are_refused(choices):
    with pytest.raises(AirflowFailException, match="choices of users must name each of its columns exactly once"):
        choices_of(choices, None, "users", ["id", "name", "level"], ["id"])
