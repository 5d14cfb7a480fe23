"""Section 9: clients, their catalog queries, and the SQL features that their queries use.

More is in ../wire (test_clients.py, test_client_styles.py, test_metadata.py), ../clients, and ../sql (test_aliases.py,
test_show.py, test_explain.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess

import psycopg2.extras
import pytest
import redshift_connector
import sqlalchemy
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.transfers.redshift_to_s3 import RedshiftToS3Operator
from airflow.providers.amazon.aws.transfers.s3_to_redshift import S3ToRedshiftOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import Connection

from standin_support.airflow_connections import connections  # noqa: F401 - a fixture
from standin_support.endpoint import new_endpoint
from standin_support.facts import Here, fact
from standin_support.whole import BUCKET, CLUSTER, DATABASE, USER

DRIVER = "redshift_connector"


@pytest.fixture(scope="module")
def cluster(all_endpoints, endpoint_postgres, certificates):
    """A cluster with one table, which tests must not change."""
    with new_endpoint(all_endpoints, endpoint_postgres, certificates) as made:
        connection = made.psycopg(autocommit=True)
        connection.execute("create table t (a integer not null primary key, b varchar(9)) distkey (a) sortkey (a)")
        connection.execute("create view v as select a from t")
        yield made


@pytest.fixture
def driver(cluster, trusted):
    return cluster.redshift()


# Statements and transactions.


@pytest.mark.parametrize(
    ("style", "place", "values"),
    [
        pytest.param(
            style,
            place,
            values,
            marks=fact(
                f"9/{DRIVER} {style}", f"{DRIVER} binds parameters in the style {style}.", Here.SUPPORTED, "the driver"
            ),
        )
        for style, place, values in [
            ("format", "%s", (7,)),
            ("qmark", "?", (7,)),
            ("numeric", ":1", (7,)),
            ("named", ":n", {"n": 7}),
            ("pyformat", "%(n)s", {"n": 7}),
        ]
    ],
)
def test_parameter_styles(driver, style, place, values):
    cursor = driver.cursor()
    cursor.paramstyle = style
    cursor.execute(f"select {place}::integer", values)
    assert tuple(cursor.fetchone()) == (7,)


@fact(
    f"9/{DRIVER} autocommit",
    f"{DRIVER} opens a transaction with its first statement, unless autocommit is on.",
    Here.SUPPORTED,
    "the driver",
)
def test_transactions_of_the_driver(cluster, trusted):
    writer, reader = cluster.redshift(), cluster.psycopg(autocommit=True)
    listed = "select count(*) from pg_tables where tablename in ('kept', 'lost')"
    writer.cursor().execute("create table lost (a integer)")
    assert reader.execute(listed).fetchone() == (0,)
    writer.rollback()
    writer.autocommit = True
    writer.cursor().execute("create table kept (a integer)")
    assert reader.execute(listed).fetchone() == (1,)
    writer.cursor().execute("drop table kept")


@fact("9/psycopg2", "psycopg2 can read a large result through a named cursor.", Here.SUPPORTED, "the driver")
def test_psycopg2(cluster):
    connection = cluster.psycopg2()
    connection.cursor().execute("create temp table n (a integer)")
    psycopg2.extras.execute_values(connection.cursor(), "insert into n values %s", [(a,) for a in range(5)])
    cursor = connection.cursor("by_piece")
    cursor.itersize = 2
    cursor.execute("select a from n order by a")
    assert [a for (a,) in cursor] == [0, 1, 2, 3, 4]


@fact("9/psycopg prepared", "psycopg 3 prepares statements on the server.", Here.SUPPORTED, "the driver")
def test_psycopg_prepares(cluster):
    connection = cluster.psycopg(autocommit=True)
    rows = [connection.execute("select %s::integer", (n,), prepare=True).fetchone() for n in (1, 2)]
    assert rows == [(1,), (2,)]


@fact(
    "9/psycopg pipeline",
    "In pipeline mode, psycopg 3 sends several statements before it reads results.",
    Here.SUPPORTED,
    "the driver",
)
def test_psycopg_pipeline(cluster):
    connection = cluster.psycopg(autocommit=True)
    with connection.pipeline():
        cursors = [connection.execute("select %s::integer", (n,)) for n in range(3)]
    assert [cursor.fetchone() for cursor in cursors] == [(0,), (1,), (2,)]


@fact("9/psycopg binary", "psycopg 3 can bind and fetch values in binary format.", Here.SUPPORTED, "the driver")
def test_psycopg_binary(cluster):
    cursor = cluster.psycopg().cursor(binary=True)
    assert cursor.execute("select %b::bigint, 0.5::float8", (7,)).fetchone() == (7, 0.5)


@pytest.fixture
def engine(cluster):
    known = cluster.parameters()
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
    yield engine
    engine.dispose()


@fact("9/SQLAlchemy", "SQLAlchemy runs queries through psycopg2.", Here.SUPPORTED, "the library")
def test_sqlalchemy(engine):
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select :n + 1"), {"n": 1}).scalar() == 2


@pytest.fixture
def psql(cluster, monkeypatch):
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    parameters = cluster.parameters()
    monkeypatch.setenv("PGPASSWORD", parameters.pop("password"))
    conninfo = " ".join(f"{name}={value}" for name, value in parameters.items())

    def run(command):
        done = subprocess.run(["psql", conninfo, "-AtX", "-c", command], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    return run


@fact("9/psql", "psql runs statements; AWS does not support it.", Here.SUPPORTED, "c_unsupported-postgresql-features")
def test_psql(psql):
    assert psql("select 40 + 2") == ["42"]


# Airflow.


@fact("9/RedshiftSQLHook", "Airflow's RedshiftSQLHook runs queries and finds primary keys.", Here.SUPPORTED, "the hook")
def test_redshift_sql_hook(whole, connections):  # noqa: F811
    whole.psycopg().execute("create table people (id integer primary key)")
    hook = RedshiftSQLHook()
    hook.insert_rows("people", [(5,)], ["id"])
    assert [tuple(row) for row in hook.get_records("select id from people where id = %s", (5,))] == [(5,)]
    assert hook.get_table_primary_key("people", "public") == ["id"]


@fact("9/PostgresHook", "Airflow's PostgresHook runs queries through psycopg2.", Here.SUPPORTED, "the hook")
def test_postgres_hook(cluster, monkeypatch):
    known = cluster.parameters()
    connection = Connection(
        conn_id="warehouse",
        conn_type="postgres",
        host=known["host"],
        port=known["port"],
        login=known["user"],
        password=known["password"],
        schema=known["dbname"],
        extra=json.dumps({name: known[name] for name in ("sslmode", "sslrootcert")}),
    )
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", connection.as_json())
    assert PostgresHook("warehouse").get_records("select %s::integer", (7,)) == [(7,)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param(
            method,
            expected,
            marks=fact(
                f"9/S3ToRedshiftOperator {method}",
                f"Airflow's S3ToRedshiftOperator loads with the method {method}.",
                Here.SUPPORTED,
                "the operator",
            ),
        )
        for method, expected in [
            ("APPEND", [(1, "old"), (1, "new"), (2, "kept")]),
            ("REPLACE", [(1, "new")]),
            ("UPSERT", [(1, "new"), (2, "kept")]),
        ]
    ],
)
def test_s3_to_redshift(whole, connections, method, expected):  # noqa: F811
    connection = whole.psycopg()
    connection.execute("create table people (id integer primary key, name varchar(9))")
    connection.execute("insert into people values (1, 'old'), (2, 'kept')")
    whole.put("in/people.json", json.dumps({"id": 1, "name": "new"}).encode())
    S3ToRedshiftOperator(
        task_id="load",
        schema="public",
        table="people",
        s3_bucket=BUCKET,
        s3_key="in/people.json",
        copy_options=["json 'auto'"],
        method=method,
    ).execute({})
    rows = connection.execute("select id, name from people order by id, name desc").fetchall()
    assert rows == expected


@fact("9/RedshiftToS3Operator", "Airflow's RedshiftToS3Operator unloads a table.", Here.SUPPORTED, "the operator")
def test_redshift_to_s3(whole, connections):  # noqa: F811
    whole.psycopg().execute("create table people as select 1 as id")
    RedshiftToS3Operator(
        task_id="unload",
        schema="public",
        table="people",
        s3_bucket=BUCKET,
        s3_key="out",
        unload_options=["csv", "parallel off"],
    ).execute({})
    assert whole.objects("out") == {"out/people_000": b"1\n"}


@fact("9/RedshiftDataOperator", "Airflow's RedshiftDataOperator uses the Data API.", Here.SUPPORTED, "the operator")
def test_redshift_data(whole, connections):  # noqa: F811
    operator = RedshiftDataOperator(
        task_id="run",
        cluster_identifier=CLUSTER,
        database=DATABASE,
        db_user=USER,
        sql="select 7 as n",
        return_sql_result=True,
        poll_interval=1,
        durable=False,
    )
    (result,) = operator.execute({})
    assert result["Records"] == [[{"longValue": 7}]]


# Catalog queries of clients.


@pytest.mark.parametrize(
    ("call", "arguments", "columns", "expected"),
    [
        pytest.param(
            call,
            arguments,
            columns,
            expected,
            marks=fact(f"9/{DRIVER} {call}", says, Here.SUPPORTED, source),
        )
        for call, arguments, columns, expected, says, source in [
            ("get_catalogs", {}, slice(0, 1), [("dev",)], "The driver lists databases.", "r_SHOW_DATABASES"),
            (
                "get_schemas",
                {"schema_pattern": "pub%"},
                slice(0, 2),
                [("public", "dev")],
                "The driver lists schemas, optionally by a pattern.",
                "r_SHOW_SCHEMAS",
            ),
            (
                "get_tables",
                {"catalog": "dev", "schema_pattern": "public", "table_name_pattern": "_", "types": ["TABLE"]},
                slice(0, 4),
                [("dev", "public", "t", "TABLE")],
                "The driver lists tables by database, schema, name and type.",
                "r_SHOW_TABLES",
            ),
            (
                "get_columns",
                {"schema_pattern": "public", "tablename_pattern": "t"},
                slice(2, 7),
                [("t", "a", 4, "int4", 10), ("t", "b", 12, "varchar", 9)],
                "The driver lists columns with their types.",
                "r_SHOW_COLUMNS",
            ),
            (
                "get_primary_keys",
                {"schema": "public", "table": "t"},
                slice(1, 6),
                [("public", "t", "a", 1, "t_pkey")],
                "The driver finds primary keys.",
                "r_SHOW_CONSTRAINTS",
            ),
            (
                "get_procedures",
                {"procedure_name_pattern": "%"},
                slice(2, 3),
                [],
                "The driver lists procedures.",
                "r_SHOW_PROCEDURES",
            ),
        ]
    ],
)
def test_metadata_of_the_driver(driver, call, arguments, columns, expected):
    assert [tuple(row)[columns] for row in getattr(driver.cursor(), call)(**arguments)] == expected


@fact(f"9/{DRIVER} get_imported_keys", "The driver lists foreign keys.", Here.REFUSED, "r_SHOW_CONSTRAINTS")
def test_foreign_keys_of_the_driver(driver):
    with pytest.raises(redshift_connector.Error, match="not supported by the stand-in"):
        driver.cursor().get_imported_keys(table="t")


@pytest.mark.parametrize(
    ("command", "first"),
    [
        pytest.param(
            command, first, marks=fact(f"9/psql {command}", says, Here.SUPPORTED, "psql's own queries of pg_catalog")
        )
        for command, first, says in [
            (r"\dt", "public|t|table|awsuser", "psql lists tables."),
            (r"\dv", "public|v|view|awsuser", "psql lists views."),
            (r"\dn", "public|awsuser", "psql lists schemas."),
            (r"\d", "public|t|table|awsuser", "psql lists tables and views."),
        ]
    ],
)
def test_lists_of_psql(psql, command, first):
    assert psql(command)[0] == first


@fact(
    r"9/psql \l",
    "psql lists the databases, including system databases.",
    Here.DIFFERS,
    "psql's own queries of pg_catalog",
)
def test_databases_of_psql(psql):
    assert psql(r"\l")[0].startswith("dev|")


@fact(
    r"9/psql \d t",
    "psql 15 and later reads columns of pg_class that PostgreSQL 8.0 does not have. The stand-in supports it.",
    Here.DIFFERS,
    "no source",
)
def test_table_in_psql(psql):
    assert psql(r"\d t") == ["a|integer||not null|", "b|character varying(9)|||"]


@fact(
    "9/SQLAlchemy inspect tables",
    "SQLAlchemy's inspector lists schemas, tables and views.",
    Here.SUPPORTED,
    "the library",
)
def test_tables_of_sqlalchemy(engine):
    inspector = sqlalchemy.inspect(engine)
    assert (inspector.get_table_names(), inspector.get_view_names()) == (["t"], ["v"])


@fact(
    "9/SQLAlchemy inspect columns",
    "SQLAlchemy's PostgreSQL dialect queries columns and keys with ARRAY_AGG and JSON functions, which are refused.",
    Here.SUPPORTED,
    "c_unsupported-postgresql-functions",
)
def test_columns_of_sqlalchemy(engine):
    inspector = sqlalchemy.inspect(engine)
    for method in (inspector.get_columns, inspector.get_pk_constraint):
        with pytest.raises(sqlalchemy.exc.NotSupportedError):
            method("t")


VIEWS = {
    "svv_table_info": ('select "table", diststyle from svv_table_info where "table" = \'t\'', []),
    "svv_columns": ("select column_name from svv_columns where table_name = 't' order by 1", [("a",), ("b",)]),
    "pg_table_def": ("select \"column\" from pg_table_def where tablename = 't' and distkey", [("a",)]),
    "svv_transactions": ("select count(*) from svv_transactions where txn_owner = 'nobody'", [(0,)]),
    "svv_all_tables": ("select table_type from svv_all_tables where table_name = 'v'", [("VIEW",)]),
    "svv_redshift_databases": ("select database_name from svv_redshift_databases", [("dev",)]),
}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        pytest.param(*case, marks=fact(f"9/{view}", f"Tools read {view}.", Here.SUPPORTED, f"r_{view.upper()}"))
        for view, case in VIEWS.items()
    ],
)
def test_views_that_tools_read(cluster, query, rows):
    assert cluster.psycopg().execute(query).fetchall() == rows


@pytest.mark.parametrize(
    ("view", "text"),
    [
        pytest.param(
            view,
            text,
            marks=fact(
                f"9/{view}",
                f"{view} lists past queries. The stand-in omits labels, transaction ids and unparsable statements.",
                Here.DIFFERS,
                f"r_{view.upper()}" if view == "stl_query" else view.upper(),
            ),
        )
        for view, text in (("sys_query_history", "query_text"), ("stl_query", "querytxt"))
    ],
)
def test_views_of_past_queries(cluster, view, text):
    cluster.psycopg().execute(f"select 'before {view}'")
    rows = cluster.psycopg().execute(f"select count(*) from {view} where {text} = 'select ''before {view}'''")
    assert rows.fetchall() == [(1,)]


# SQL features that queries of clients use.


@pytest.mark.parametrize(
    ("query", "row"),
    [
        pytest.param(
            "select 2 as a, a * 10 as b, a + b",
            (2, 20, 22),
            marks=fact(
                "9/alias in the list", "Later items of a SELECT list can use an alias.", Here.SUPPORTED, "r_SELECT_list"
            ),
        ),
        pytest.param(
            "select 2 as n from (select 7 as a) q where n = 2",
            (2,),
            marks=fact("9/alias in WHERE", "WHERE can use an alias.", Here.SUPPORTED, "r_WHERE_clause"),
        ),
        pytest.param(
            "select a + 1 as a, a from (select 7 as a) q",
            (8, 7),
            marks=fact(
                "9/alias of a column",
                "A column of FROM takes precedence over an alias.",
                Here.SUPPORTED,
                "r_SELECT_list",
            ),
        ),
        pytest.param(
            "select case when true then -4WHEN false then 5END",
            (-4,),
            marks=fact(
                "9/number before a word",
                "A keyword can follow a number directly.",
                Here.SUPPORTED,
                f"{DRIVER}'s queries",
            ),
        ),
        pytest.param(
            "select (current_schemas(false))[1], relname from pg_class where oid = 'public.t'::regclass",
            ("public", "t"),
            marks=fact(
                "9/leader node",
                "Queries of catalogs only can use functions and types of the leader node.",
                Here.SUPPORTED,
                "c_sql-functions-leader-node",
            ),
        ),
    ],
)
def test_query_features(cluster, query, row):
    assert cluster.psycopg().execute(query).fetchall() == [row]


@fact("9/EXPLAIN", "EXPLAIN shows Redshift's plan.", Here.DIFFERS, "r_EXPLAIN")
def test_explain(cluster):
    ((line,), *_) = cluster.psycopg().execute("explain select a from t").fetchall()
    assert "Seq Scan on t" in line
