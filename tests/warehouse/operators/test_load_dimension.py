"""Loads of dimensions: tables outside the star schema with plain SQL, and changed or deleted songs."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from tests.model.star_schema import comparable_tables
from tests.support.warehouse import BUCKET, WarehouseUnderTest

CONTEXT = {
    "params": {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-02T00:00:00"},
    "dag_run": SimpleNamespace(dag_id="generic", run_id="one"),
    "ti": SimpleNamespace(
        dag_id="generic", run_id="one", task_id="load", try_number=1, xcom_push=lambda key, value: None
    ),
}


@pytest.fixture
def tables(warehouse: WarehouseUnderTest):
    for name, columns in (("colours", "colour varchar(16)"), ("prices", "shop integer, item integer, price integer")):
        warehouse.execute(f"create table {name} ({columns})")
        warehouse.execute(f"create table etl.lock_{name} (unused boolean)")
    yield warehouse
    for name in ("colours", "prices", "etl.lock_colours", "etl.lock_prices"):
        warehouse.execute(f"drop table {name}")


IDENTICAL = MergeRows(identical_rows=True)


def load(table: str, select: str, key, strategy=IDENTICAL):
    operator = LoadDimensionOperator(task_id="load", table=table, select=select, key=key, strategy=strategy)
    return operator.execute(CONTEXT)


def load_nothing(table: str, select: str, key, strategy=IDENTICAL):
    with pytest.raises(AirflowSkipException, match="no row was written"):
        load(table, select, key, strategy)


def test_all_key_table(tables):
    select = "select 'red' as colour union all select 'blue' union all select 'red'"
    assert load("colours", select, "colour")["inserted"] == 2
    load_nothing("colours", select, "colour")
    assert sorted(tables.query("select colour from colours")) == [("blue",), ("red",)]


def test_key_of_two_columns_and_the_lowest_price_ever_seen(tables):
    lowest = MergeRows(choices=[Choice(["price"], order_by=["price"])])
    first = "select 1 as shop, 1 as item, 5 as price union all select 1, 2, 7 union all select 1, 2, 6"
    second = "select 1 as shop, 1 as item, 9 as price union all select 2, 1, 4 union all select 1, 2, 3"
    assert load("prices", first, ["shop", "item"], lowest)["inserted"] == 2
    counts = load("prices", second, ["shop", "item"], lowest)
    assert (counts["inserted"], counts["updated"], counts["unchanged"]) == (1, 1, 1)
    assert sorted(tables.query("select shop, item, price from prices")) == [(1, 1, 5), (1, 2, 3), (2, 1, 4)]


@pytest.mark.parametrize(
    ("strategy", "rule"),
    [(MergeRows(latest_by="price"), "latest_by='price'"), (MergeRows(choices=[Choice()]), "choices")],
)
def test_rows_of_one_key_that_differ_are_logged_with_the_rule(tables, caplog, strategy, rule):
    """Of five rows, one is repeated, and three of the others have one key."""
    caplog.set_level("INFO")
    rows = "1, 1, 5 union all select 1, 1, 6 union all select 1, 1, 7 union all select 1, 1, 7 union all select 1, 2, 4"
    select = (
        f"select shop, item, price from (select 0 as shop, 0 as item, 0 as price where false union all select {rows})"
    )
    load("prices", select, ["shop", "item"], strategy)
    message = f"prices: 4 different staged rows have only 2 keys; {rule} chose one row of each key."
    assert caplog.messages.count(message) == 1
    caplog.clear()
    load_nothing("prices", "select 1 as shop, 2 as item, 4 as price", ["shop", "item"], strategy)
    assert "different staged rows" not in caplog.text


@pytest.mark.parametrize(
    "select",
    [
        "select 1 as shop, 1 as item, 5 as price union all select 1, 1, 6",
        "select 1 as shop, 1 as item, 4 as price union all select 2, 1, 7",
    ],
    ids=["from a staged row", "from the table's row"],
)
def test_rows_that_should_be_identical_and_differ_are_refused(tables, select):
    load("prices", "select 1 as shop, 1 as item, 5 as price", ["shop", "item"])
    with pytest.raises(AirflowFailException, match=r"1 keys \(shop, item\) of prices have rows that differ"):
        load("prices", select, ["shop", "item"])
    assert tables.query("select shop, item, price from prices") == [(1, 1, 5)]


def test_row_without_a_key_is_refused(tables):
    with pytest.raises(AirflowFailException, match=r"1 staged rows have a null in the key of colours \(colour\)"):
        load("colours", "select 'red' as colour union all select null", "colour")
    assert tables.query("select count(*) from colours") == [(0,)]


def test_choices_that_do_not_name_every_column_are_refused(tables):
    with pytest.raises(AirflowFailException, match="must name each of its columns exactly once"):
        load("prices", "select 1 as shop, 1 as item, 1 as price", "shop", MergeRows(choices=[Choice(["price"])]))


def test_play_follows_its_song(loaded, data):
    """A song whose title is changed loses its plays, and regains them when the title is restored."""
    [(song_id, plays)] = loaded.query(
        "select song_id, count(*) from songplays where song_id is not null group by song_id order by 2 desc, 1 limit 1"
    )
    [file] = [file for file in (data / "song_data").rglob("*.json") if song_id in file.read_text()]
    song = json.loads(file.read_text())
    for title, matched in [("Another title", 0), (song["title"], plays)]:
        loaded.put(str(file.relative_to(data)), json.dumps({**song, "title": title}).encode())
        loaded.run("2018-11-01T00:00:00", "2018-11-01T01:00:00").complete()
        assert loaded.query("select count(*) from songplays where song_id = %(song)s", song=song_id) == [(matched,)]


def test_song_missing_during_a_full_load_is_restored_later(loaded, data, expected):
    file = min((data / "song_data").rglob("*.json"))
    key = str(file.relative_to(data))
    loaded.s3.delete_object(Bucket=BUCKET, Key=key)
    loaded.run(full_load=True, on_missing="delete").complete()
    assert len(comparable_tables(loaded.star_schema())["songs"]) == len(expected["songs"]) - 1
    loaded.put(key, file.read_bytes())
    loaded.run("2018-11-01T00:00:00", "2018-11-01T01:00:00").complete()
    assert comparable_tables(loaded.star_schema()) == expected
