"""Without ORDER BY, clients cannot rely on the order of rows (AWS page "ORDER BY clause")."""

from __future__ import annotations

import pytest

from redshift_standin.wire.row_shuffling import MAX_BYTES, MAX_ROWS, RowShuffler

MANY = 3 * MAX_ROWS


@pytest.fixture
def numbered(shared_endpoint):
    """A session whose transaction has the table ``numbered`` with the numbers 1 to MANY, inserted in this order."""
    connection = shared_endpoint.psycopg()
    connection.execute("create temp table numbered (n integer)")
    connection.execute(f"insert into numbered values {', '.join(f'({n})' for n in range(1, MANY + 1))}")
    yield connection
    connection.close()


def numbers(connection, query, **how) -> list[int]:
    return [n for (n,) in connection.execute(query, **how).fetchall()]


@pytest.mark.parametrize("prepare", [False, True])
def test_two_rows_are_always_swapped(numbered, prepare):
    for _ in range(5):
        assert numbers(numbered, "select n from numbered where n < 3", prepare=prepare) == [2, 1]
        assert numbers(numbered, "with x as (select n from numbered) select n from x where n < 3") == [2, 1]


@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_every_client_gets_every_row_once_and_not_in_insertion_order(shared_endpoint, trusted, client):
    cursor = getattr(shared_endpoint, client)().cursor()
    cursor.execute("create temp table few (n integer)")
    cursor.execute("insert into few values (1), (2), (3), (4), (5), (6), (7), (8)")
    cursor.execute("select n from few")
    rows = [row[0] for row in cursor.fetchall()]
    assert rows != sorted(rows)
    assert sorted(rows) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_rest_of_a_large_result_is_not_held_back(numbered):
    rows = numbers(numbered, "select n from numbered")
    assert rows[MAX_ROWS:] == list(range(MAX_ROWS + 1, MANY + 1))
    assert rows[:MAX_ROWS] != list(range(1, MAX_ROWS + 1))
    assert sorted(rows) == list(range(1, MANY + 1))


@pytest.mark.parametrize(
    "query",
    [
        "select n from numbered order by n",
        "select n from numbered where n > 0 order by 1 limit 9999",
        "with x as (select n from numbered) select n from x order by n",
        "select n from numbered union select n from numbered order by n",
    ],
)
def test_order_by_is_kept(numbered, query):
    assert numbers(numbered, query) == list(range(1, MANY + 1))


def test_order_by_in_a_subquery_does_not_order_the_result(numbered):
    for query in (
        "select n from (select n from numbered order by n)",
        "select n, row_number() over (order by n) from numbered",
    ):
        rows = [row[0] for row in numbered.execute(query).fetchall()]
        assert rows != sorted(rows)


def test_limit_and_batches_return_the_requested_number_of_rows(numbered):
    assert len(set(numbers(numbered, "select n from numbered limit 10"))) == 10
    numbered.execute("declare c cursor for select n from numbered")
    batches = [numbers(numbered, "fetch 100 from c") for _ in range(2)]
    assert sorted(batches[0] + batches[1]) == list(range(1, 201))


def test_error_comes_after_the_rows_before_it(numbered):
    with pytest.raises(Exception, match="Divide by zero"):
        numbered.execute("select 1 / (n - 700) from numbered")
    numbered.rollback()
    assert numbered.execute("select 1").fetchone() == (1,)


def test_held_back_rows_are_limited():
    disorder = RowShuffler()
    assert [disorder.add(b"x") for _ in range(MAX_ROWS)] == [True] * (MAX_ROWS - 1) + [False]
    assert disorder.take() == b"x" * MAX_ROWS
    wide = RowShuffler()
    assert not wide.add(b"x" * MAX_BYTES)
    assert wide.take() == b"x" * MAX_BYTES
    assert wide.take() == b""
