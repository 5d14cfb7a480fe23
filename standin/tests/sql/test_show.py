"""SHOW statements: syntax and columns from the AWS pages that begin with SHOW."""

from __future__ import annotations

import psycopg
import pytest

TABLES = (
    "create table t (a integer primary key distkey, b varchar(10), c date encode zstd) sortkey (a)",
    "create table u (x integer, y integer, primary key (y, x)) diststyle all interleaved sortkey (x, y)",
    "create view v as select a from t",
    "comment on table t is 'what'",
)
COLUMN = ("dev", "public", "t")


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("show schemas from database dev like 'pub%'", [("dev", "public")]),
        ("show schemas from database elsewhere", []),
        (
            "show tables from schema dev.public",
            [("dev", "public", "t", "TABLE"), ("dev", "public", "u", "TABLE"), ("dev", "public", "v", "VIEW")],
        ),
        ("show tables from schema public like 'T'", []),
        ("show tables from schema public like '_' limit 1", [("dev", "public", "t", "TABLE")]),
        ("show columns from table public.t like 'b'", [(*COLUMN, "b", 2)]),
        ("show columns from table dev.public.t", [(*COLUMN, "a", 1), (*COLUMN, "b", 2), (*COLUMN, "c", 3)]),
        (
            "show constraints primary keys from table public.u",
            [("dev", "public", "u", "u_pkey", "y", 1), ("dev", "public", "u", "u_pkey", "x", 2)],
        ),
        ("show constraints primary keys from table dev.public.u limit 1", [("dev", "public", "u", "u_pkey", "y", 1)]),
        ("show procedures from schema dev.public like '%'", []),
        ("show functions from schema public", []),
    ],
)
def test_lists(ask, statement, rows):
    width = len(rows[0]) if rows else 0
    assert [row[:width] for row in ask(*TABLES, statement)] == rows


def test_databases(ask):
    (database,) = ask("show databases like 'd%' limit 5")
    assert (database[0], database[2], database[5]) == ("dev", "local", "Snapshot Isolation")


def test_show_tables(ask):
    shown = {row[2]: row[5:] for row in ask(*TABLES, "show tables from schema public")}
    assert shown["t"] == ("what", "awsuser", None, None, "KEY (a)", "REGULAR TABLE")
    assert shown["u"] == (None, "awsuser", None, None, "ALL", "REGULAR TABLE")
    assert shown["v"] == (None, "awsuser", None, None, None, "REGULAR VIEW")


def test_show_columns(ask):
    shown = [row[6:] for row in ask(*TABLES, "show columns from table public.t")]
    assert shown == [
        ("NO", "integer", None, 32, 0, None, "COMPOUND", 1, 1, "raw", None),
        ("YES", "character varying", 10, None, None, None, None, 0, None, "lzo", "default"),
        ("YES", "date", None, None, None, None, None, 0, None, "zstd", None),
    ]
    sort_keys = [row[12:14] for row in ask(*TABLES, "show columns from table public.u")]
    assert sort_keys == [("INTERLEAVED", 1), ("INTERLEAVED", -2)]


def test_names_by_parameters(shared_endpoint):
    connection = shared_endpoint.psycopg(autocommit=True)
    rows = connection.execute("show tables from schema %s.%s like %s", ("dev", "pg_catalog", "pg_cla%")).fetchall()
    assert [row[2] for row in rows] == ["pg_class"]


@pytest.mark.parametrize(
    "statement",
    [
        "show tables",
        "show tables from schema a.b.c",
        "show tables from database dev",
        "show tables from schema public like b",
        "show columns from table t",
        "show schemas from database dev limit all",
        "show constraints primary keys from table public.t like 'a'",
        "show constraints foreign keys from table public.t",
        "show grants on table public.t",
        "show table t",
        "show view v",
    ],
)
def test_refused(ask, statement):
    with pytest.raises((psycopg.errors.SyntaxError, psycopg.errors.FeatureNotSupported)):
        ask(*TABLES, statement)
