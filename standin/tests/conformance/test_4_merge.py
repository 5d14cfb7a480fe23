"""Section 4: MERGE. More of it is in ../sql/test_merge.py."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.background import Background
from standin_support.facts import Here, fact

TABLES = (
    "create table target (k integer, v varchar(9))",
    "create table source (k integer, v varchar(9))",
    "insert into target values (1, 'old')",
)
MERGE = "merge into target using source on target.k = source.k "
UPDATE = "when matched then update set v = source.v "
INSERT = "when not matched then insert values (source.k, source.v)"
BOTH = MERGE + UPDATE + INSERT
ROWS = "select k, v from target order by k, v"
FILLED = (*TABLES, "insert into source values (1, 'new'), (2, 'two')")
MERGED = [(1, "new"), (2, "two")]


@fact("4/1", "MERGE updates or deletes matching rows and inserts the others.", Here.SUPPORTED, "r_MERGE")
@pytest.mark.parametrize(
    ("matched", "expected"),
    [
        (UPDATE, MERGED),
        ("when matched then update set v = source.v || '!', k = source.k + 1 ", [(2, "new!"), (2, "two")]),
        ("when matched then delete ", [(2, "two")]),
    ],
)
@pytest.mark.parametrize("insert", [INSERT, "when not matched then insert (v, k) values (source.v, source.k)"])
def test_merge(ask, matched, expected, insert):
    assert ask(*FILLED, MERGE + matched + insert, ROWS) == expected


@fact(
    "4/1/REMOVE DUPLICATES",
    "MERGE .. REMOVE DUPLICATES replaces matching rows and inserts the others.",
    Here.SUPPORTED,
    "r_MERGE",
)
def test_remove_duplicates(ask):
    assert ask(*FILLED, MERGE + "remove duplicates", ROWS) == MERGED


def absent(number: str, name: str, statement: str, source: str = "r_MERGE") -> object:
    return pytest.param(
        statement, marks=fact(f"4/{number}", f"Redshift does not support {name}.", Here.SUPPORTED, source), id=name
    )


@pytest.mark.parametrize(
    "statement",
    [
        absent("2/MATCHED alone", "MERGE with WHEN MATCHED alone", MERGE + UPDATE, "no source"),
        absent("2/NOT MATCHED alone", "MERGE with WHEN NOT MATCHED alone", MERGE + INSERT, "no source"),
        absent("2/order", "WHEN NOT MATCHED before WHEN MATCHED", MERGE + INSERT + " when matched then delete"),
        absent("2/twice", "two WHEN MATCHED clauses", MERGE + UPDATE + UPDATE + INSERT),
        absent(
            "2/AND",
            "a condition after WHEN MATCHED",
            BOTH.replace("when matched", "when matched and source.k > 1"),
            "SQLMesh/sqlmesh#3607",
        ),
        absent("2/BY SOURCE", "WHEN NOT MATCHED BY SOURCE", BOTH.replace("not matched", "not matched by source")),
        absent("2/DO NOTHING", "DO NOTHING", MERGE + "when matched then do nothing " + INSERT),
        absent(
            "3/alias",
            "an alias for the target",
            BOTH.replace("into target", "into target as x").replace("target.k", "x.k"),
            "SQLMesh/sqlmesh#3607",
        ),
        absent("3/SET", "qualified columns in SET", BOTH.replace("set v", "set target.v"), "SQLMesh/sqlmesh#3607"),
        absent(
            "4/alias",
            "a subquery without an alias as the source",
            BOTH.replace("using source", "using (select * from source)"),
        ),
        absent("4/target", "the target as the source", BOTH.replace("using source", "using target")),
        absent("4/WITH", "WITH before MERGE", "with s as (select 1 as k) " + BOTH),
        absent("8/WHEN", "WHEN together with REMOVE DUPLICATES", MERGE + "when matched then delete remove duplicates"),
        absent("16/RETURNING", "RETURNING", BOTH + " returning k", "no source"),
    ],
)
def test_unsupported_merge_forms(ask, statement):
    with pytest.raises(psycopg.Error) as caught:
        ask(*FILLED, statement)
    assert caught.value.sqlstate in ("0A000", "42601", "XX000")


@fact(
    "4/3",
    "The target is a permanent or a temporary table, and the statement refers to it by its own name.",
    Here.SUPPORTED,
    "r_MERGE",
)
@pytest.mark.parametrize("kind", ["table", "temp table"])
def test_target(ask, kind):
    made = (f"create {kind} target (k integer, v varchar(9))", *FILLED[1:])
    assert ask(*made, BOTH, ROWS) == MERGED


@fact("4/3/view", "It cannot be a view.", Here.SUPPORTED, "r_MERGE")
def test_view_cannot_be_the_target(ask):
    view = ("alter table target rename to hidden", "create view target as select k, v from hidden")
    with pytest.raises(psycopg.Error):
        ask(*FILLED, *view, BOTH)


@fact("4/4", "The source is a table, a temporary table, a view or a subquery.", Here.SUPPORTED, "r_MERGE")
@pytest.mark.parametrize(
    ("made", "source"),
    [
        ("select 1", "source"),
        ("create temp table other as select * from source", "other as source"),
        ("create view other as select * from source", "other source"),
        ("select 1", "(select k, v from source where k > 0) source"),
    ],
)
def test_source(ask, made, source):
    assert ask(*FILLED, made, BOTH.replace("using source", f"using {source}"), ROWS) == MERGED


@fact("4/4/own", "A subquery that reads the target fails with a special message.", Here.SUPPORTED, "r_MERGE")
def test_source_that_reads_the_target(ask):
    source = "(select target.k, target.v from target) source"
    with pytest.raises(psycopg.errors.InternalError_, match="in Merge statement cannot reference target table"):
        ask(*FILLED, BOTH.replace("using source", f"using {source}"))


@fact("4/4/own view", "So is a view that reads it.", Here.DIFFERS, "r_MERGE")
def test_view_that_reads_the_target(ask):
    view = "create view other as select k, v from target"
    assert ask(*FILLED, view, BOTH.replace("using source", "using other source"), ROWS) == [(1, "old")]


@fact("4/5", "NULL never matches, so rows with a NULL key are inserted each time.", Here.SUPPORTED, "r_MERGE")
def test_null_matches_nothing(ask):
    nulls = "select count(*) from target where k is null"
    rows = ask(*TABLES, "insert into source values (null, 'x')", BOTH, BOTH, nulls)
    assert rows == [(2,)]


@fact(
    "4/5/other conditions",
    "ON should compare columns for equality. Other conditions are not documented.",
    Here.REFUSED,
    "r_MERGE",
)
@pytest.mark.parametrize("condition", ["target.k < source.k", "target.k = source.k or source.k = 1"])
def test_other_conditions(ask, condition):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        ask(*FILLED, BOTH.replace("target.k = source.k", condition))


@fact("4/6", "Two source rows that match one target row are an error.", Here.SUPPORTED, "r_MERGE")
@pytest.mark.parametrize("matched", [UPDATE, "when matched then delete "])
def test_several_matches_fail(ask, matched):
    with pytest.raises(psycopg.errors.InternalError_, match="Found multiple matches to update the same tuple"):
        ask(*TABLES, "insert into source values (1, 'a'), (1, 'b')", MERGE + matched + INSERT)


@fact(
    "4/7",
    "Source rows that have the same key and match no target row are all inserted.",
    Here.SUPPORTED,
    "follows from r_MERGE",
)
def test_unmatched_duplicates_are_all_inserted(ask):
    rows = ask(*TABLES, "insert into source values (2, 'a'), (2, 'b')", BOTH, ROWS)
    assert rows == [(1, "old"), (2, "a"), (2, "b")]


@fact(
    "4/8",
    "REMOVE DUPLICATES keeps one of several matching rows of the target. Duplicates that do not match are kept.",
    Here.SUPPORTED,
    "r_MERGE",
)
def test_remove_duplicates_of_the_target(ask):
    doubled = "insert into target values (1, 'more'), (3, 'x'), (3, 'x')"
    assert ask(*FILLED, doubled, MERGE + "remove duplicates", ROWS) == [*MERGED, (3, "x"), (3, "x")]


@fact("4/8/columns", "Its source must have the same columns as the target.", Here.SUPPORTED, "r_MERGE")
@pytest.mark.parametrize("columns", ["k", "k, v, k as other", "v, k"])
def test_remove_duplicates_requires_the_same_columns(ask, columns):
    source = f"(select {columns} from source) source"
    with pytest.raises(psycopg.Error):
        ask(*FILLED, MERGE.replace("using source", f"using {source}") + "remove duplicates")


@fact(
    "4/8/several matches",
    "Whether it refuses two source rows that match one target row.",
    Here.UNKNOWN,
    "no source",
)
def test_remove_duplicates_of_the_source(ask):
    with pytest.raises(psycopg.errors.InternalError_, match="Found multiple matches"):
        ask(*TABLES, "insert into source values (1, 'a'), (1, 'b')", MERGE + "remove duplicates")


@fact(
    "4/9",
    "MERGE requires SELECT on both tables, and on the target the privileges of its clauses.",
    Here.SUPPORTED,
    "r_MERGE",
)
@pytest.mark.parametrize(
    ("matched", "needed"), [(UPDATE, "select, update, insert"), ("when matched then delete ", "select, delete, insert")]
)
def test_privileges(endpoint, matched, needed):
    owner = endpoint.psycopg(autocommit=True)
    owner.execute("; ".join(FILLED))
    endpoint.add_user("merger")
    merger = endpoint.psycopg(user="merger", autocommit=True)
    for privilege, table in (*((each, "target") for each in needed.split(", ")), ("select", "source")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            merger.execute(MERGE + matched + INSERT)
        owner.execute(f"grant {privilege} on {table} to merger")
    merger.execute(MERGE + matched + INSERT)


@fact("4/10", "MERGE cannot refer to parts of a SUPER column.", Here.REFUSED, "r_MERGE")
def test_super(ask):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        ask("create table target (k super)")


@fact("4/11", "Drivers do not report a reliable row count.", Here.DIFFERS, "no source")
def test_number_of_rows_is_reported(session):
    session.execute("; ".join(FILLED))
    try:
        assert session.execute(BOTH).rowcount == 2
    finally:
        session.execute("drop table target, source")


@fact("4/12", "Concurrent MERGEs of one table run one after the other.", Here.SUPPORTED, "c_write_readwrite")
def test_merges_wait_for_each_other(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    owner.execute("; ".join(FILLED))
    first, second = endpoint.psycopg(), endpoint.psycopg(autocommit=True)
    first.execute(BOTH)
    waiting = Background(lambda: second.execute(BOTH))
    endpoint.wait_for_blocked_session()
    first.commit()
    waiting.result()
    assert owner.execute(ROWS).fetchall() == MERGED


@fact(
    "4/15",
    "DELETE .. USING and INSERT in one transaction replace rows and keep duplicates of the source.",
    Here.SUPPORTED,
    "merge-replacing-existing-rows",
)
def test_delete_and_insert(ask):
    rows = ask(
        *TABLES,
        "insert into source values (1, 'a'), (1, 'b')",
        "delete from target using source where target.k = source.k",
        "insert into target select * from source",
        ROWS,
    )
    assert rows == [(1, "a"), (1, "b")]


@fact("4/16", "The error for several matches is Redshift's own, not PostgreSQL's.", Here.SUPPORTED, "r_MERGE")
def test_error_of_several_matches(ask):
    with pytest.raises(psycopg.Error) as caught:
        ask(*TABLES, "insert into source values (1, 'a'), (1, 'b')", BOTH)
    assert (caught.value.sqlstate, caught.value.diag.message_hint) == ("XX000", None)
    assert "second time" not in str(caught.value)
