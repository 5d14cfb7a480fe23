"""The system views of tables and columns, from the AWS pages of their names and "CREATE TABLE" (for defaults)."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

DEFINITION = (
    'select "column", type, trim(encoding), distkey, sortkey, "notnull" from pg_table_def where tablename = \'t\' '
    "order by 1"
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            "create table t (a int not null distkey, b varchar(10) encode zstd, c float8, d date) sortkey (d, a)",
            [
                ("a", "integer", "none", True, 2, True),
                ("b", "character varying(10)", "zstd", False, 0, False),
                ("c", "double precision", "none", False, 0, False),
                ("d", "date", "none", False, 1, False),
            ],
        ),
        (
            "create table t (a bigint encode raw, b char(3), c decimal(8, 2), d timestamp encode auto) distkey (b)",
            [
                ("a", "bigint", "none", False, 0, False),
                ("b", "character(3)", "lzo", True, 0, False),
                ("c", "numeric(8,2)", "az64", False, 0, False),
                ("d", "timestamp without time zone", "az64", False, 0, False),
            ],
        ),
        (
            "create table t (a int, b int) interleaved sortkey (b, a)",
            [("a", "integer", "none", False, -2, False), ("b", "integer", "none", False, 1, False)],
        ),
        ("create temp table t (a varchar(5))", [("a", "character varying(5)", "none", False, 0, False)]),
        (
            "create table t distkey (a) sortkey (b) as select 1 as a, 2 as b",
            [("a", "integer", "az64", True, 0, False), ("b", "integer", "none", False, 1, False)],
        ),
        (
            "create table p (a int distkey, b int encode zstd, c int) sortkey (c);alter table p drop column b;"
            "create table t (like p)",
            [("a", "integer", "az64", True, 0, False), ("c", "integer", "none", False, 1, False)],
        ),
        (
            "create table t (a int distkey, b int) sortkey (b);create temp table t (like t)",
            [("a", "integer", "none", True, 0, False), ("b", "integer", "none", False, 1, False)],
        ),
        (
            "create table u (a int distkey, b int) sortkey (b);alter table u rename column b to c;"
            "alter table u rename to t",
            [("a", "integer", "az64", True, 0, False), ("c", "integer", "none", False, 1, False)],
        ),
        (
            "create table t (a int distkey) sortkey (a);drop table t;create table t (a int)",
            [("a", "integer", "az64", False, 0, False)],
        ),
        (
            "create table t (a int);alter table t add column b int encode mostly8",
            [("a", "integer", "az64", False, 0, False), ("b", "integer", "mostly8", False, 0, False)],
        ),
        ('create table t ("*/" int encode raw)', [("*/", "integer", "none", False, 0, False)]),
    ],
)
def test_pg_table_def(ask, made, expected):
    assert ask(*made.split(";"), DEFINITION) == expected


def test_pg_table_def_shows_schemas_in_the_search_path_only(ask):
    made = ("create schema extra", "create table extra.t (a int)")
    assert ask(*made, DEFINITION) == []
    assert len(ask(*made, "set local search_path to extra", DEFINITION)) == 1


def test_attributes_are_rolled_back_with_their_table(ask):
    ask("create table t (a int distkey)")
    assert ask(DEFINITION) == []
    assert ask("create table t (a int)", DEFINITION) == [("a", "integer", "az64", False, 0, False)]


def test_create_table_as_refuses_a_key_that_is_not_a_column(ask):
    for key in ("distkey (z)", "sortkey (a, z)"):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            ask(f"create table t {key} as select 1 as a")


INFO = (
    "select diststyle, sortkey1, sortkey_num, encoded, tbl_rows, max_varchar from svv_table_info where \"table\" = 't'"
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("(a int, b varchar(7))", ("AUTO(ALL)", "AUTO(SORTKEY)", 0, "Y, AUTO(ENCODE)", Decimal(2), 7)),
        ("(a int, b int) distkey (b) sortkey (b, a)", ("KEY(b)", "b", 2, "N, AUTO(ENCODE)", Decimal(2), 0)),
        (
            "(a int encode raw, b int) diststyle even interleaved sortkey (b, a)",
            ("EVEN", "INTERLEAVED", 2, "N", Decimal(2), 0),
        ),
        ("(a int, b int) diststyle all", ("ALL", "AUTO(SORTKEY)", 0, "Y, AUTO(ENCODE)", Decimal(2), 0)),
        ("(a int, b int) diststyle auto sortkey auto", ("AUTO(ALL)", "AUTO(SORTKEY)", 0, "Y, AUTO(ENCODE)", 2, 0)),
    ],
)
def test_svv_table_info(ask, made, expected):
    assert ask(f"create table t {made}", "insert into t values (1, 1), (2, 2)", INFO) == [expected]
    assert ask(f"create table t {made}", INFO) == [], "it tells of no empty table"


TABLES = (
    "create table t (a int not null default 7, b varchar(10))",
    "create view v as select a from t",
    "create temp table x (c date)",
    "comment on table t is 'what it is'",
)


def test_views_of_all_tables(ask):
    listed = "from {} where {} = 'public' and table_name in ('t', 'v') order by table_name"
    rows = ask(
        *TABLES, "select table_catalog, table_name, table_type, remarks " + listed.format("svv_tables", "table_schema")
    )
    assert rows == [("dev", "t", "BASE TABLE", "what it is"), ("dev", "v", "VIEW", None)]
    for view in ("svv_all_tables", "svv_redshift_tables"):
        rows = ask(*TABLES, "select database_name, table_name, table_type " + listed.format(view, "schema_name"))
        assert rows == [("dev", "t", "TABLE"), ("dev", "v", "VIEW")]
    assert ask(*TABLES, "select table_type from svv_tables where table_name = 'x'") == [("LOCAL TEMPORARY",)]


def test_views_of_all_columns(ask):
    columns = "select column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length "
    expected = [("a", 1, "7", "NO", "integer", None), ("b", 2, None, "YES", "character varying", 10)]
    assert ask(*TABLES, columns + "from svv_columns where table_name = 't' order by 2") == expected
    assert ask(*TABLES, columns + "from svv_all_columns where table_name = 't' order by 2") == expected
    rows = ask(
        "create table t (a int distkey, b int encode zstd) sortkey (a)",
        "select column_name, encoding, distkey, sortkey from svv_redshift_columns where table_name = 't' order by 1",
    )
    assert rows == [("a", "none", True, 1), ("b", "zstd", False, 0)]


def test_views_of_schemas(ask):
    for view in ("svv_all_schemas", "svv_redshift_schemas"):
        rows = ask("create schema extra", f"select schema_name, schema_type from {view} order by 1")
        assert rows == [(name, "local") for name in ("extra", "information_schema", "pg_catalog", "public")]
    for view in ("svv_external_schemas", "svv_external_tables", "svv_external_columns"):
        assert ask(f"select count(*) from {view}") == [(0,)]


def test_internal_objects_are_not_listed(ask):
    for view, column in (
        ("svv_tables", "table_schema"),
        ("svv_columns", "table_schema"),
        ("pg_table_def", "schemaname"),
        ("svv_all_schemas", "schema_name"),
    ):
        assert ask(f"select count(*) from {view} where {column} like 'standin%'") == [(0,)]


def test_no_catalog_view_shows_internal_objects(endpoint):
    found = endpoint.connect_to_postgres().execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'information_schema' and column_name like '%schema%'"
    )
    views = [(f"information_schema.{view}", column) for view, column in found]
    assert len(views) > 50
    session = endpoint.psycopg(autocommit=True)
    session.execute("create table shown (a int primary key) sortkey (a)")
    for view, column in [*views, ("pg_indexes", "schemaname"), ("pg_rules", "schemaname")]:
        rows = session.execute(f"select count(*) from {view} where {column} = 'standin'").fetchone()
        assert rows == (0,), (view, column)


def test_locks_and_transactions(endpoint):
    """AWS pages "SVV_TRANSACTIONS" and "STV_LOCKS"."""
    holder, reader = endpoint.psycopg(), endpoint.psycopg(autocommit=True)
    reader.execute("create table t (a int)")
    holder.execute("lock t")
    locks = reader.execute(
        "select lock_owner_pid, trim(lock_status) from stv_locks where table_id = "
        "(select table_id from pg_class join stv_locks on table_id = oid where relname = 't')"
    ).fetchall()
    assert locks == [(holder.info.backend_pid, "Holding write lock")]
    rows = reader.execute(
        "select txn_owner, txn_db, pid, lock_mode, granted from svv_transactions "
        "join pg_class on relation = oid where relname = 't'"
    ).fetchall()
    assert rows == [("awsuser", "dev", holder.info.backend_pid, "AccessExclusiveLock", True)]
    holder.rollback()
    assert reader.execute("select count(*) from stv_locks").fetchone() == (0,)
