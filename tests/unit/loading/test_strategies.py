"""Strategies refuse invalid arguments when the DAG is parsed, and state which objects they need."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.loading.deduplication import Choice, complete_choices
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.overwrite_window import OverwriteWindow


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"records": "etl seen", "window_column": "seen_at"}, "cannot be a table"),
        ({"records": "etl.seen", "window_column": "seen at"}, "cannot be a table or column name"),
        ({"records": "etl.seen", "records_key": ["user id"]}, "cannot be a table or column name"),
        ({"records": "etl.seen", "records_key": []}, "The key is empty"),
        ({"records": "etl.seen"}, "MergeRecords of etl.seen needs either window_column or records_key"),
        ({"records": "etl.seen", "window_column": "at", "records_key": "id"}, "needs either window_column or"),
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
        (MergeRows(), False),
        (MergeRecords("etl.seen", window_column="at"), True),
        (MergeRecords("etl.seen", records_key="id"), False),
    ],
)
def test_strategy_that_deletes_by_window_needs_all_objects(strategy, needs_all_objects):
    assert strategy.needs_all_objects is needs_all_objects


def test_without_choices_the_whole_row_is_used():
    assert complete_choices((), "users", ["id", "name", "level"], ["id"]) == [Choice(["name", "level"])]


@pytest.mark.parametrize("choices", [[Choice(["name"])], [Choice(["name", "level"]), Choice(["name"])]])
def test_choices_that_do_not_name_every_column_once_are_refused(choices):
    with pytest.raises(AirflowFailException, match="choices of users must name each of its columns exactly once"):
        complete_choices(choices, "users", ["id", "name", "level"], ["id"])
