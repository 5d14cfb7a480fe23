"""Catalog queries of clients: psql's backslash commands, redshift_connector's calls, SQLAlchemy's inspector."""

from __future__ import annotations

import shutil
import subprocess

import psycopg
import pytest
import redshift_connector
import sqlalchemy

from standin_support.endpoint import new_endpoint

TABLES = """
create table plays (id integer not null primary key, name varchar(10) default 'none') distkey (name) sortkey (id);
comment on table plays is 'who played what';
create view names as select name from plays;
create schema extra;
create table extra.days (
    a integer, b date, price decimal(8, 2), n bigint identity(0, 1), primary key (b, a)
) diststyle even interleaved sortkey (a, b)
"""


@pytest.fixture(scope="module")
def described(all_endpoints, endpoint_postgres, certificates):
    """A cluster with two tables and a view, which tests must not change."""
    with new_endpoint(all_endpoints, endpoint_postgres, certificates) as made:
        connection = made.psycopg(autocommit=True)
        for statement in TABLES.split(";"):
            connection.execute(statement)
        yield made


@pytest.fixture
def psql(described, monkeypatch):
    parameters = described.parameters()
    monkeypatch.setenv("PGPASSWORD", parameters.pop("password"))
    conninfo = " ".join(f"{name}={value}" for name, value in parameters.items())

    def run(command):
        done = subprocess.run(["psql", conninfo, "-AX", "-c", command], capture_output=True, text=True, check=True)
        _, _, *rows = done.stdout.splitlines()
        return [row for row in rows if not row.startswith("(")]

    return run


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (r"\d", ["public|names|view|awsuser", "public|plays|table|awsuser"]),
        (r"\dt", ["public|plays|table|awsuser"]),
        (r"\dv", ["public|names|view|awsuser"]),
        (r"\dn", ["extra|awsuser", "public|awsuser"]),
        (r"\d names", ["name|character varying(10)|||"]),
        (
            r"\d plays",
            [
                "id|integer||not null|",
                "name|character varying(10)|||'none'::character varying",
                "Indexes:",
                '    "plays_pkey" PRIMARY KEY, btree (id)',
            ],
        ),
        (
            r"\d extra.days",
            [
                "a|integer||not null|",
                "b|date||not null|",
                "price|numeric(8,2)|||",
                "n|bigint||not null|",
                "Indexes:",
                '    "days_pkey" PRIMARY KEY, btree (b, a)',
            ],
        ),
    ],
)
def test_psql_describes(psql, command, lines):
    assert psql(command) == lines


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_lists_the_clusters_own_database(psql):
    (first, *_) = psql(r"\l")
    assert first.startswith("dev|rdsdb|UTF8|")


@pytest.fixture(params=[None, (), ((b"datashare_enabled", b"on"),)], ids=["by SHOW", "one database", "all databases"])
def cursor(described, trusted, request):
    """A cursor of redshift_connector, also as for an older cluster, for which the driver queries the catalogs."""
    connection = described.redshift(database_metadata_current_db_only=False)
    if request.param is not None:
        connection.parameter_statuses = type(connection.parameter_statuses)(request.param)
    return connection.cursor()


def columns(rows, *numbers):
    """Return some columns of the rows outside system schemas."""
    rows = [row for row in rows if not {"pg_catalog", "information_schema", "pg_toast"}.intersection(row[:2])]
    return sorted(tuple(row[number] for number in numbers) for row in rows)


def test_redshift_connector_lists_databases_and_schemas(cursor):
    assert [tuple(row) for row in cursor.get_catalogs()] == [("dev",)]
    assert columns(cursor.get_schemas(), 0, 1) == [("extra", "dev"), ("public", "dev")]
    assert columns(cursor.get_schemas("dev", "ex%"), 0, 1) == [("extra", "dev")]


def test_redshift_connector_lists_tables(cursor):
    days, names = ("dev", "extra", "days", "TABLE", None), ("dev", "public", "names", "VIEW", None)
    plays = ("dev", "public", "plays", "TABLE", "who played what")
    first = (0, 1, 2, 3, 4)
    assert columns(cursor.get_tables(), *first) == [days, names, plays]
    assert columns(cursor.get_tables("dev", "extra", "d%s"), *first) == [days]
    assert columns(cursor.get_tables(table_name_pattern="plays"), *first) == [plays]
    # The older query for one schema also reads indexes.
    listed = columns(cursor.get_tables(schema_pattern="public"), *first)
    assert [row for row in listed if row[3] != "INDEX"] == [names, plays]


NAME = ("plays", "name", 12, "varchar", 10, 1, "'none'::character varying", 2, "YES", "NO")


def test_redshift_connector_lists_columns(cursor):
    asked = (2, 3, 4, 5, 6, 10, 12, 16, 17, 22)
    assert columns(cursor.get_columns("dev", "public", "plays", "n%"), *asked) == [NAME]
    rows = columns(cursor.get_columns(tablename_pattern="days"), *asked)
    assert [row[1:5] for row in rows] == [
        ("a", 4, "int4", 10),
        ("b", 91, "date", 13),
        ("n", -5, "int8", 19),
        ("price", 2, "numeric", 8),
    ]
    assert [row[-1] for row in rows] == ["NO", "NO", "YES", "NO"], "which column counts by itself"


def test_redshift_connector_lists_primary_keys(cursor):
    keys = [tuple(row) for row in cursor.get_primary_keys("dev", "extra", "days")]
    assert keys == [("dev", "extra", "days", "b", 1, "days_pkey"), ("dev", "extra", "days", "a", 2, "days_pkey")]
    assert [tuple(row)[2:4] for row in cursor.get_primary_keys()] == [("days", "b"), ("days", "a"), ("plays", "id")]


def test_redshift_connector_lists_no_procedures(cursor):
    assert columns(cursor.get_procedures(schema_pattern="public", procedure_name_pattern="%"), 2) == []


@pytest.fixture
def showing(described, trusted):
    return described.redshift().cursor()


@pytest.mark.parametrize(
    ("types", "expected"),
    [(["TABLE"], ["days", "plays"]), (["VIEW"], ["names"]), (["TABLE", "VIEW"], ["days", "names", "plays"])],
)
def test_redshift_connector_lists_tables_of_some_types(showing, types, expected):
    assert [name for (name,) in columns(showing.get_tables(types=types), 2)] == expected


def test_redshift_connector_lists_no_functions_and_refuses_foreign_keys(showing):
    assert showing.get_functions(function_name_pattern="%") == ()
    with pytest.raises(redshift_connector.Error, match="not supported by the stand-in"):
        showing.get_imported_keys(table="plays")


@pytest.fixture
def inspector(described):
    known = described.parameters()
    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        known["user"],
        known["password"],
        known["host"],
        known["port"],
        known["dbname"],
        {name: known[name] for name in ("sslmode", "sslrootcert")},
    )
    engine = sqlalchemy.create_engine(url)
    yield sqlalchemy.inspect(engine)
    engine.dispose()


def test_sqlalchemy_lists_tables_and_views(inspector):
    assert inspector.get_schema_names() == ["extra", "information_schema", "public"]
    assert inspector.get_table_names() == ["plays"]
    assert inspector.get_table_names("extra") == ["days"]
    assert inspector.get_view_names() == ["names"]
    assert inspector.has_table("days", "extra")
    assert not inspector.has_table("days")
    assert inspector.get_table_comment("plays") == {"text": "who played what"}


@pytest.mark.parametrize("method", ["get_columns", "get_pk_constraint", "get_indexes", "get_unique_constraints"])
def test_sqlalchemy_postgresql_dialect_needs_unsupported_functions(inspector, method):
    """JSON_BUILD_OBJECT and ARRAY_AGG: AWS page "Unsupported PostgreSQL functions"."""
    with pytest.raises(sqlalchemy.exc.NotSupportedError, match="not supported by the stand-in"):
        getattr(inspector, method)("plays")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "select attname, attisdistkey, attsortkeyord, format_encoding(attencodingtype::integer) from pg_attribute "
            "where attrelid = 'extra.days'::regclass and attnum > 0 order by attnum",
            [
                ("a", False, 1, "none"),
                ("b", False, -2, "none"),
                ("price", False, 0, "az64"),
                ("n", False, 0, "az64"),
            ],
        ),
        (
            "select relname, reldiststyle, relhasindex from pg_class where relname in ('plays', 'days') order by 1",
            [("days", 0, True), ("plays", 1, True)],
        ),
        (
            "select conname, contype::varchar, conkey, pg_get_constraintdef(oid) from pg_catalog.pg_constraint "
            "where conrelid = 'plays'::regclass",
            [("plays_pkey", "p", [1], "PRIMARY KEY (id)")],
        ),
        (
            "select i.relname, pg_get_indexdef(x.indexrelid), pg_get_indexdef(x.indexrelid, 2, true) from pg_index x "
            "join pg_class i on i.oid = x.indexrelid where x.indrelid = 'extra.days'::regclass",
            [("days_pkey", "CREATE UNIQUE INDEX days_pkey ON extra.days USING btree (b, a)", "a")],
        ),
        ("select datname from pg_database", [("dev",)]),
        ("select relname from pg_class where relkind = 'S' or relname like 'standin%'", []),
        ("select nspname from pg_namespace where nspname like 'standin%'", []),
        ("select tablename from pg_tables where schemaname = 'standin'", []),
        ("select table_name from information_schema.tables where table_schema = 'standin'", []),
        ("select table_name from information_schema.columns where table_schema = 'standin'", []),
        ("select pg_class.relname from pg_catalog.pg_class where pg_catalog.pg_class.relname = 'plays'", [("plays",)]),
        (
            "select (current_schemas(false))[1], c.relname from pg_class c where relname = 'plays'",
            [("public", "plays")],
        ),
        ("select relname from pg_class where relname = any(array['plays', 'x'])", [("plays",)]),
        ("select case when 1=1 then -4WHEN 1=2 then 5END as n from pg_class where relname = 'plays'", [(-4,)]),
    ],
)
def test_catalogs(described, query, rows):
    assert described.psycopg().execute(query).fetchall() == rows


@pytest.mark.parametrize(
    "query",
    [
        "select array[1] from plays",
        "select array[1] from pg_class, plays",
        "select array[1] from (select 1 from plays) q, pg_class",
        "select array(select 1) from pg_class join plays on true",
        "with pg_q as (select array[1] from plays) select 1 from pg_q",
        "select 'plays'::regclass",
        "select (current_schemas(false))[1]",
        "select array_to_string(null, ',')",
        "select obj_description(1, 'pg_class') from plays",
        "insert into plays select 1, array_to_string(null, ',') from pg_class",
        "select * from generate_series(1, 2), pg_class",
        "select 1x",
    ],
)
def test_features_for_catalog_queries_only(described, query):
    with pytest.raises((psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError)):
        described.psycopg().execute(query)
