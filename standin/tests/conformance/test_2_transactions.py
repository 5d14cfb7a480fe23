"""Section 2: transactions, isolation and locks. More of it is in ../wire/test_transactions.py and test_databases.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from redshift_standin.engine.interfaces import CopyResult
from standin_support.background import Background
from standin_support.endpoint import DATABASE, Endpoint, free_port, open_cluster
from standin_support.facts import Here, fact

ISOLATION = "c_serial_isolation"
CONCURRENCY = "c_write_readwrite"
VIOLATIONS = "r_SVL_MULTI_STATEMENT_VIOLATIONS"
COPY = "copy t from 's3://bucket/key' iam_role default"


class Database:
    """One database, with the tables t, which holds 1, and u, which holds 2."""

    def __init__(self, cluster: Endpoint, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self._admin = psycopg.connect(**cluster.parameters(dbname=name), autocommit=True)
        self.now("create table t (n integer)", "insert into t values (1)")
        self.now("create table u (n integer)", "insert into u values (2)")

    def open(self, *statements: str, autocommit: bool = False, client: str = "psycopg"):
        """Connect a client that has run these statements."""
        if client == "redshift":
            connection = self.cluster.redshift(database=self.name)
        else:
            connection = getattr(self.cluster, client)(dbname=self.name)
        connection.autocommit = autocommit
        for statement in statements:
            connection.cursor().execute(statement)
        return connection

    def now(self, *statements: str) -> list[tuple]:
        """Run statements in autocommit mode, and return the rows of the last one."""
        for statement in statements:
            cursor = self._admin.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def numbers(self, table: str = "t") -> list[int]:
        return [n for (n,) in self.now(f"select n from {table} order by n")]

    def empty(self) -> None:
        for connection in self.cluster.opened:
            if not getattr(connection, "closed", False):
                connection.close()
        self.cluster.opened.clear()
        self.now("drop schema public cascade", "create schema public")
        self._admin.close()


@pytest.fixture(scope="module")
def cluster(all_endpoints, endpoint_postgres, certificates) -> Iterator[Endpoint]:
    port = free_port()
    open_cluster(all_endpoints, "levels", port)
    made = Endpoint(all_endpoints, endpoint_postgres, certificates, "levels", port)
    made.psycopg(autocommit=True).execute("create database strict isolation level serializable")
    yield made
    made.close()
    all_endpoints.delete("levels")


@pytest.fixture
def snapshot(cluster, trusted) -> Iterator[Database]:
    database = Database(cluster, DATABASE)
    yield database
    database.empty()


@pytest.fixture
def serializable(cluster, trusted) -> Iterator[Database]:
    database = Database(cluster, "strict")
    yield database
    database.empty()


@pytest.fixture
def loading(copier):
    """Make every COPY load the number 5."""

    async def lines():
        yield b"5\n"

    async def load(_, backend):
        return CopyResult(await backend.copy_in("copy t from stdin", lines()), ())

    copier.action = load


def in_background(connection, *statements: str) -> Background:
    """Run statements and commit in a background thread."""

    def run() -> None:
        for statement in statements:
            connection.execute(statement)
        connection.commit()

    return Background(run)


@fact(
    "2/1",
    "A statement outside a transaction is committed automatically. BEGIN .. ROLLBACK undoes several statements.",
    Here.SUPPORTED,
    "r_BEGIN",
)
def test_autocommit_and_blocks(snapshot):
    client = snapshot.open("insert into t values (3)", autocommit=True)
    assert snapshot.numbers() == [1, 3]
    for begin, end in (("begin", "rollback"), ("start transaction", "abort")):
        for statement in (begin, "insert into t values (4)", "delete from u", end):
            client.execute(statement)
    assert (snapshot.numbers(), snapshot.numbers("u")) == ([1, 3], [2])
    for statement in ("begin", "insert into t values (4)", "delete from u", "end"):
        client.execute(statement)
    assert (snapshot.numbers(), snapshot.numbers("u")) == ([1, 3, 4], [])


@fact(
    "2/1/drivers",
    "Drivers open a transaction with the first statement, except in autocommit mode.",
    Here.SUPPORTED,
    "no source",
)
@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_drivers_open_transactions(snapshot, client):
    connection = snapshot.open("insert into t values (3)", client=client)
    assert snapshot.numbers() == [1]
    connection.commit()
    assert snapshot.numbers() == [1, 3]


@fact("2/2", "BEGIN accepts every isolation level and ignores it.", Here.SUPPORTED, "r_BEGIN")
@pytest.mark.parametrize("level", ["serializable", "read committed", "read uncommitted", "repeatable read"])
def test_begin_accepts_every_isolation_level(snapshot, level):
    reader = snapshot.open(f"begin isolation level {level}", autocommit=True)
    assert reader.execute("select n from t").fetchall() == [(1,)]
    snapshot.now("update t set n = 3")
    assert reader.execute("select n from t").fetchall() == [(1,)]
    reader.execute("end")
    assert reader.execute("select n from t").fetchall() == [(3,)]


LEVELS = "select trim(db_name), trim(isolation_level) from stv_db_isolation_level order by 1"


@fact(
    "2/3", "CREATE DATABASE accepts an isolation level. The default is SNAPSHOT.", Here.SUPPORTED, "r_CREATE_DATABASE"
)
def test_create_database_accepts_an_isolation_level(snapshot):
    snapshot.now("create database plain")
    snapshot.now("create database named isolation level snapshot")
    expected = [("dev", "Snapshot Isolation"), ("named", "Snapshot Isolation"), ("plain", "Snapshot Isolation")]
    assert snapshot.now(LEVELS) == [*expected, ("strict", "Serializable")]
    snapshot.now("drop database plain", "drop database named")


@fact(
    "2/3/alter",
    "ALTER DATABASE .. ISOLATION LEVEL requires that no other user is connected.",
    Here.SUPPORTED,
    "r_ALTER_DATABASE",
)
def test_alter_database_requires_no_other_users(snapshot):
    connected = snapshot.cluster.psycopg(dbname="strict", autocommit=True)
    with pytest.raises(psycopg.errors.ObjectInUse):
        snapshot.now("alter database strict isolation level snapshot")
    sessions = "select count(*) as sessions from pg_stat_activity where datname like '%strict'"
    snapshot.cluster.wait_for(f"select 1 from ({sessions}) as counted where sessions = 1")
    connected.execute("alter database strict isolation level snapshot")
    assert dict(snapshot.now(LEVELS))["strict"] == "Snapshot Isolation"
    connected.execute("alter database strict isolation level serializable")


@fact("2/3/dev", "The level of the database dev cannot be altered.", Here.SUPPORTED, "r_ALTER_DATABASE")
def test_level_of_dev_cannot_be_altered(snapshot):
    with pytest.raises(psycopg.Error, match="cannot alter the isolation level"):
        snapshot.now("alter database dev isolation level serializable")


@fact("2/4", "stv_db_isolation_level shows the level of each database.", Here.SUPPORTED, "r_STV_DB_ISOLATION_LEVEL")
def test_stv_db_isolation_level_shows_the_levels(snapshot):
    assert snapshot.now(LEVELS) == [("dev", "Snapshot Isolation"), ("strict", "Serializable")]


@fact(
    "2/4/pg_database_info",
    "pg_database_info.datconfig shows the level as concurrency_model 1 or 2.",
    Here.SUPPORTED,
    "r_CREATE_DATABASE",
)
def test_pg_database_info_shows_the_levels(snapshot):
    rows = snapshot.now("select datname, datconfig from pg_database_info order by 1")
    assert rows == [("dev", "{concurrency_model=1}"), ("strict", "{concurrency_model=2}")]


@fact(
    "2/5",
    "The snapshot is taken by the first statement that reads or writes a table, not by BEGIN.",
    Here.SUPPORTED,
    ISOLATION,
)
def test_first_select_takes_the_snapshot(snapshot):
    reader = snapshot.open("begin", autocommit=True)
    snapshot.now("update t set n = 3")
    assert reader.execute("select n from t").fetchall() == [(3,)]
    snapshot.now("update t set n = 4", "update u set n = 4")
    assert reader.execute("select t.n, u.n from t, u").fetchall() == [(3, 2)]


@fact("2/5/catalog", "A query of the catalog alone takes no snapshot.", Here.DIFFERS, ISOLATION)
def test_query_of_the_catalog_takes_the_snapshot(snapshot):
    reader = snapshot.open("select relname from pg_class")
    snapshot.now("update t set n = 3")
    assert reader.execute("select n from t").fetchall() == [(1,)]


@fact("2/6", "SNAPSHOT prevents dirty reads, non-repeatable reads and phantoms.", Here.SUPPORTED, ISOLATION)
def test_snapshot_isolation(snapshot):
    writer = snapshot.open("insert into t values (3)")
    reader = snapshot.open()
    assert reader.execute("select n from t").fetchall() == [(1,)]
    writer.commit()
    snapshot.now("update t set n = 7 where n = 1")
    assert reader.execute("select n from t").fetchall() == [(1,)]


def write_skew(database: Database) -> None:
    """Run two transactions, each of which reads what the other writes."""
    one, two = database.open(), database.open()
    one.execute("select sum(n) from t")
    two.execute("select sum(n) from u")
    one.execute("insert into u select sum(n) from t")
    two.execute("insert into t select sum(n) from u")
    one.commit()
    two.commit()


@fact("2/6/skew", "SNAPSHOT allows write skew.", Here.SUPPORTED, ISOLATION)
def test_write_skew_at_snapshot(snapshot):
    write_skew(snapshot)
    assert (snapshot.numbers(), snapshot.numbers("u")) == ([1, 2], [1, 2])


@fact("2/6/serializable", "SERIALIZABLE cancels one transaction of a cycle with error 1023.", Here.SUPPORTED, ISOLATION)
def test_write_skew_at_serializable(serializable):
    with pytest.raises(psycopg.errors.InternalError_, match="1023"):
        write_skew(serializable)


@fact(
    "2/7",
    "Committed DDL and TRUNCATE of other sessions are visible at once, even within a transaction.",
    Here.SUPPORTED,
    ISOLATION,
)
def test_ddl_of_others_is_visible_at_once(snapshot):
    reader = snapshot.open("select n from t")
    reader.rollback()
    assert reader.execute("select n from t").fetchall() == [(1,)]
    snapshot.now("truncate u", "alter table u rename to w")
    assert reader.execute("select n from w").fetchall() == []
    with pytest.raises(psycopg.errors.UndefinedTable):
        reader.execute("select n from u")


@fact("2/7/catalog", "So are the rows of the catalog tables.", Here.DIFFERS, ISOLATION)
def test_rows_of_the_catalog_are_those_of_the_snapshot(snapshot):
    reader = snapshot.open("select n from t")
    snapshot.now("create table w (n integer)")
    assert reader.execute("select relname from pg_class where relname = 'w'").fetchall() == []


def violation(database: Database) -> psycopg.errors.InternalError_:
    """Return the error of a writer whose snapshot is older than another's update."""
    late = database.open("select n from t")
    database.now("update t set n = n + 1")
    with pytest.raises(psycopg.errors.InternalError_) as caught:
        late.execute("update t set n = 0")
    late.rollback()
    return caught.value


@fact(
    "2/8",
    "A violation of serializable isolation fails with XX000 and the message 1023.",
    Here.SUPPORTED,
    "estuary/connectors#5218",
)
def test_1023(serializable):
    error = violation(serializable)
    assert (error.sqlstate, error.diag.message_primary) == ("XX000", "1023")


@fact(
    "2/8/detail",
    "Its detail has the ids of the table, of the transactions in the cycle and of the session.",
    Here.DIFFERS,
    "no source",
)
def test_detail_of_1023_names_only_the_own_transaction(serializable):
    ((table,),) = serializable.now("select oid from pg_class where relname = 't'")
    detail = r"Serializable isolation violation on table - (\d+), transactions forming the cycle are: \d+ \(pid:\d+\)"
    match = re.fullmatch(detail, violation(serializable).diag.message_detail)
    assert match
    assert match[1] == str(table)


@fact(
    "2/8/retry",
    "Error 1023 rolls back the whole transaction, which can be retried from its beginning.",
    Here.SUPPORTED,
    "c_serial_isolation-serializable-isolation-troubleshooting",
)
def test_1023_rolls_back_and_can_be_retried(serializable):
    late = serializable.open("insert into u values (3)", "select n from t")
    serializable.now("update t set n = 5")
    with pytest.raises(psycopg.errors.InternalError_):
        late.execute("update t set n = n + 1")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        late.execute("select 1")
    late.rollback()
    assert serializable.numbers("u") == [2]
    late.execute("update t set n = n + 1")
    late.commit()
    assert serializable.numbers() == [6]


@fact(
    "2/9",
    "With LOCK as the first statement, transactions wait for each other instead of violating isolation.",
    Here.SUPPORTED,
    "c_serial_isolation-serializable-isolation-troubleshooting",
)
def test_lock_first(serializable):
    one = serializable.open("lock t, u", "insert into u select sum(n) from t")
    two = serializable.open()
    waiting = in_background(two, "lock t, u", "insert into t select sum(n) from u")
    serializable.cluster.wait_for_blocked_session()
    one.commit()
    waiting.result()
    assert (serializable.numbers(), serializable.numbers("u")) == ([1, 3], [1, 2])


@fact(
    "2/9/late",
    "LOCK after the snapshot has been taken does not prevent this.",
    Here.SUPPORTED,
    "estuary/connectors#5220",
)
def test_lock_late(serializable):
    late = serializable.open("select n from t")
    serializable.now("update t set n = 3")
    late.execute("lock t")
    with pytest.raises(psycopg.errors.InternalError_, match="1023"):
        late.execute("update t set n = 4")


@fact(
    "2/10",
    "Reading a table that is newer than the transaction's snapshot fails with error 1018.",
    Here.SUPPORTED,
    "c_serial_isolation-serializable-isolation-troubleshooting",
)
@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
@pytest.mark.parametrize(
    "statement", ["select n from u join w using (n)", "insert into w values (1)", "insert into t select n from w"]
)
def test_1018(snapshot, client, statement):
    early = snapshot.open("select n from t", client=client)
    snapshot.now("create table w (n integer)")
    with pytest.raises(Exception, match=r"(?s)1018.*Relation does not exist") as caught:
        early.cursor().execute(statement)
    assert "XX000" in (getattr(caught.value, "sqlstate", None) or getattr(caught.value, "pgcode", None) or str(caught))
    early.rollback()
    early.cursor().execute(statement)


@fact(
    "2/10/own",
    "A transaction can read the tables that it has created itself, temporary or not.",
    Here.SUPPORTED,
    "follows from c_serial_isolation",
)
def test_own_tables_are_not_1018(snapshot):
    client = snapshot.open("select n from t", "create table w (n integer)", "create temp table x (n integer)")
    client.execute("insert into w select n from x")
    assert client.execute("with y as (select 1 as n) select w.n from w, x, y").fetchall() == []


@fact(
    "2/11",
    "Conflicting DDL fails with: could not complete because of conflict with concurrent transaction.",
    Here.SUPPORTED,
    "dbt-labs/dbt-adapters#626",
)
def test_conflicting_ddl(snapshot):
    first = snapshot.open("grant select on t to public")
    second = snapshot.open()
    waiting = in_background(second, "grant insert on t to public")
    snapshot.cluster.wait_for_blocked_session()
    first.commit()
    with pytest.raises(psycopg.errors.InternalError_, match="conflict with concurrent transaction"):
        waiting.result()


@fact("2/11/rename", "So do conflicting RENAMEs.", Here.DIFFERS, "dbt-labs/dbt-adapters#1873")
def test_second_rename_waits_and_finds_no_table(snapshot):
    first = snapshot.open("alter table t rename to w")
    waiting = in_background(snapshot.open(), "alter table t rename to x")
    snapshot.cluster.wait_for_blocked_session()
    first.commit()
    with pytest.raises(psycopg.errors.UndefinedTable):
        waiting.result()


@fact("2/12", "In a deadlock, one transaction fails with 40P01.", Here.SUPPORTED, "no source")
def test_deadlock(snapshot):
    one, two = snapshot.open("update t set n = 2"), snapshot.open("update u set n = 2")
    waiting = in_background(one, "update u set n = 3")
    snapshot.cluster.wait_for_blocked_session()
    failures = 0
    for action in (lambda: two.execute("update t set n = 3"), waiting.result):
        try:
            action()
        except psycopg.errors.DeadlockDetected:  # noqa: PERF203 - two actions
            failures += 1
            two.rollback()
    assert failures == 1


@fact("2/13", "Readers do not wait for writers and see the last committed data.", Here.SUPPORTED, "r_LOCK")
@pytest.mark.parametrize("statement", ["insert into t values (3)", "update t set n = 3", "delete from t", COPY])
def test_readers_do_not_wait_for_writers(snapshot, loading, statement):
    writer = snapshot.open(statement)
    assert snapshot.numbers() == [1]
    writer.rollback()


@fact(
    "2/13/exclusive",
    "LOCK, DROP TABLE, TRUNCATE and ALTER TABLE block readers until the transaction ends.",
    Here.SUPPORTED,
    "r_LOCK",
)
@pytest.mark.parametrize("statement", ["lock t", "alter table t add column m integer", "drop table t"])
def test_readers_wait_for_ddl(snapshot, statement):
    holder = snapshot.open(statement)
    waiting = Background(snapshot.numbers)
    snapshot.cluster.wait_for_blocked_session()
    holder.rollback()
    assert waiting.result() == [1]


@fact(
    "2/14",
    "LOCK [TABLE] accepts several tables and always takes the strongest lock. It does not accept a mode.",
    Here.SUPPORTED,
    "r_LOCK",
)
def test_lock(snapshot):
    holder = snapshot.open("lock table t, u")
    modes = holder.execute(
        "select relname, lock_mode from svv_transactions join pg_class on oid = relation where relname in ('t', 'u') "
        "order by 1"
    )
    assert modes.fetchall() == [("t", "AccessExclusiveLock"), ("u", "AccessExclusiveLock")]
    holder.rollback()
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        holder.execute("lock t in share mode")


@fact("2/14/views", "A view cannot be locked.", Here.DIFFERS, "r_LOCK")
def test_lock_of_a_view(snapshot):
    snapshot.now("create view v as select n from t")
    snapshot.open("lock v")


MERGE = (
    "merge into t using u on t.n = u.n when matched then update set n = u.n when not matched then insert values (u.n)"
)
ADDING = ("insert into t values (3)", COPY)
CHANGING = ("update t set n = n + 1", "delete from t", MERGE)


def second_waits(database: Database, first: str, second: str) -> None:
    """Assert that the second of two transactions waits until the first has ended."""
    holder = database.open(first)
    waiting = in_background(database.open(), second)
    database.cluster.wait_for_blocked_session()
    holder.commit()
    waiting.result()


@fact(
    "2/15/snapshot, adding",
    "At SNAPSHOT, two transactions can INSERT or COPY into the same table concurrently.",
    Here.SUPPORTED,
    CONCURRENCY,
)
@pytest.mark.parametrize("second", ADDING)
@pytest.mark.parametrize("first", ADDING)
def test_adding_rows_is_shared_at_snapshot(snapshot, loading, first, second):
    one = snapshot.open(first)
    two = snapshot.open(second)
    two.commit()
    one.commit()
    assert len(snapshot.numbers()) == 3


@fact(
    "2/15/serializable, adding",
    "At SERIALIZABLE, the second INSERT or COPY waits for the first transaction.",
    Here.SUPPORTED,
    CONCURRENCY,
)
@pytest.mark.parametrize("second", ADDING)
@pytest.mark.parametrize("first", ADDING)
def test_adding_rows_waits_at_serializable(serializable, loading, first, second):
    second_waits(serializable, first, second)
    assert len(serializable.numbers()) == 3


@fact(
    "2/15/changing",
    "A second UPDATE or DELETE waits for the first and then reads the new data.",
    Here.SUPPORTED,
    CONCURRENCY,
)
@pytest.mark.parametrize("level", ["snapshot", "serializable"])
def test_changing_rows_waits(request, level):
    database = request.getfixturevalue(level)
    second_waits(database, "update t set n = n + 1", "update t set n = n * 10")
    assert database.numbers() == [20]


@fact(
    "2/15/adding and changing",
    "UPDATE, DELETE, MERGE and DDL wait for an INSERT or COPY into the same table.",
    Here.SUPPORTED,
    CONCURRENCY,
)
@pytest.mark.parametrize("level", ["snapshot", "serializable"])
@pytest.mark.parametrize("second", [*CHANGING, "alter table t add column m integer", "truncate t"])
def test_changing_waits_for_adding(request, level, second):
    second_waits(request.getfixturevalue(level), "insert into t values (3)", second)


@fact(
    "2/15/changing and adding",
    "INSERT and COPY wait for an UPDATE, DELETE or MERGE of the same table.",
    Here.SUPPORTED,
    CONCURRENCY,
)
@pytest.mark.parametrize("level", ["snapshot", "serializable"])
@pytest.mark.parametrize("first", CHANGING)
def test_adding_waits_for_changing(request, level, first):
    second_waits(request.getfixturevalue(level), first, "insert into t values (3)")


@fact(
    "2/16",
    "At SNAPSHOT, two transactions that COPY into a table and then DELETE from it can deadlock.",
    Here.SUPPORTED,
    CONCURRENCY,
)
def test_deadlock_of_copy_and_delete(snapshot, loading):
    one, two = snapshot.open(COPY), snapshot.open(COPY)
    waiting = in_background(one, "delete from t where n = 1")
    snapshot.cluster.wait_for_blocked_session()
    failures = 0
    for action in (lambda: two.execute("delete from t where n = 1"), waiting.result):
        try:
            action()
        except psycopg.errors.DeadlockDetected:  # noqa: PERF203 - two actions
            failures += 1
            two.rollback()
    assert failures == 1


@fact(
    "2/17",
    "At SERIALIZABLE, a writer whose snapshot is older than another's update fails with error 1023.",
    Here.SUPPORTED,
    "r_CREATE_DATABASE",
)
def test_older_snapshot_at_serializable(serializable):
    assert violation(serializable).diag.message_primary == "1023"


@fact("2/17/snapshot", "At SNAPSHOT it fails, too. The message is not documented.", Here.UNKNOWN, "r_CREATE_DATABASE")
def test_older_snapshot_at_snapshot(snapshot):
    assert violation(snapshot).diag.message_primary == "1023"


def alone(name: str, statement: str) -> object:
    says = f"{name} cannot run inside a transaction block."
    return pytest.param(name, statement, marks=fact(f"2/18/{name}", says, Here.SUPPORTED, VIOLATIONS), id=name)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        alone("CREATE DATABASE", "create database other"),
        alone("DROP DATABASE", "drop database other"),
        alone("ALTER DATABASE", "alter database strict isolation level snapshot"),
        alone("VACUUM", "vacuum t"),
        alone("ALTER TABLE APPEND", "alter table t append from u"),
        alone("ALTER TABLE ALTER COLUMN", "alter table t alter column n type varchar(9)"),
    ],
)
def test_statements_that_cannot_run_in_a_transaction(snapshot, name, statement):
    client = snapshot.open("begin", autocommit=True)
    with pytest.raises(psycopg.errors.ActiveSqlTransaction, match=f"^{name} cannot run inside a transaction block"):
        client.execute(statement)


def unknown_alone(name: str, statement: str) -> object:
    says = f"{name} is supported outside of transactions."
    return pytest.param(statement, marks=fact(f"2/18/{name}", says, Here.REFUSED, VIOLATIONS), id=name)


@pytest.mark.parametrize(
    "statement",
    [
        unknown_alone(
            "CREATE EXTERNAL TABLE", "create external table s.x (n integer) stored as parquet location 's3://b/'"
        ),
        unknown_alone("CREATE LIBRARY", "create library l language plpythonu from 's3://b/l.zip' iam_role default"),
        unknown_alone("DROP LIBRARY", "drop library l"),
        unknown_alone("COPY JOB", "copy job list"),
    ],
)
def test_unsupported_statements_that_cannot_run_in_a_transaction(snapshot, statement):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        snapshot.now(statement)


@fact("2/19", "The SQLSTATE of this error is 25001.", Here.SUPPORTED, "awslabs/amazon-redshift-utils#115")
def test_sqlstate_of_statements_that_cannot_run_in_a_transaction(snapshot):
    client = snapshot.open("begin", autocommit=True)
    with pytest.raises(psycopg.Error) as caught:
        client.execute("vacuum t")
    assert (caught.value.sqlstate, caught.value.diag.message_primary) == (
        "25001",
        "VACUUM cannot run inside a transaction block",
    )


def undone(name: str, *statements: str) -> object:
    says = f"{name} is rolled back with its transaction."
    return pytest.param(statements, marks=fact(f"2/20/{name}", says, Here.SUPPORTED, "by omission in r_BEGIN"), id=name)


SHOWN = (
    "select table_schema, table_name, column_name from svv_columns where table_schema in ('public', 'extra') "
    "order by 1, 2, 3"
)
RIGHTS = "select has_table_privilege('public', 't', 'select'), nspname from pg_namespace where nspname = 'extra'"


@pytest.mark.parametrize(
    "statements",
    [
        undone("CREATE TABLE", "create table w (n integer)"),
        undone("DROP TABLE", "drop table t"),
        undone("CREATE TABLE AS", "create table w as select n from t"),
        undone("CREATE VIEW", "create view w as select n from t"),
        undone("DROP VIEW", "drop view v"),
        undone("ALTER TABLE RENAME", "alter table t rename to w"),
        undone("ALTER TABLE ADD COLUMN", "alter table t add column m integer"),
        undone("ALTER TABLE DROP COLUMN", "alter table u drop column n"),
        undone("CREATE SCHEMA", "create schema extra", "create table extra.w (n integer)"),
        undone("ANALYZE", "analyze t"),
        undone("GRANT", "grant select on t to public"),
    ],
)
def test_rolled_back_statements(snapshot, statements):
    snapshot.now("create view v as select 1 as one")
    before = snapshot.now(SHOWN), snapshot.now(RIGHTS)
    client = snapshot.open(*statements)
    client.rollback()
    assert (snapshot.now(SHOWN), snapshot.now(RIGHTS)) == before
    assert snapshot.numbers() == [1]


@fact(
    "2/21",
    "ALTER TABLE APPEND moves the rows of one table to an identical one and commits.",
    Here.SUPPORTED,
    "r_ALTER_TABLE_APPEND",
)
def test_append(snapshot):
    snapshot.open("alter table t append from u", autocommit=True)
    assert (snapshot.numbers(), snapshot.numbers("u")) == ([1, 2], [])
    snapshot.now("create table w (n bigint)")
    with pytest.raises(psycopg.errors.InternalError_):
        snapshot.now("alter table t append from w")


SWAP = ("alter table t rename to w", "alter table u rename to t")


@fact(
    "2/22",
    "Two RENAMEs in one transaction swap two tables atomically.",
    Here.SUPPORTED,
    "dbt-labs/dbt-adapters#2162",
)
def test_rename_swap(snapshot):
    client = snapshot.open(*SWAP)
    client.rollback()
    assert (snapshot.numbers(), snapshot.numbers("u")) == ([1], [2])
    snapshot.now("begin", *SWAP, "commit")
    assert (snapshot.numbers(), snapshot.numbers("w")) == ([2], [1])


@fact(
    "2/22/readers",
    "A concurrent reader can fail because the table does not exist.",
    Here.DIFFERS,
    "dbt-labs/dbt-adapters#2162",
)
def test_reader_waits_for_the_swap_and_reads_the_new_table(snapshot):
    client = snapshot.open(*SWAP)
    waiting = Background(snapshot.numbers)
    snapshot.cluster.wait_for_blocked_session()
    client.commit()
    assert waiting.result() == [2]


@fact("2/22/views", "A view follows its table when the table is renamed.", Here.SUPPORTED, "no source")
def test_view_follows_its_table(snapshot):
    snapshot.now("create view v as select n from t", *SWAP)
    assert snapshot.numbers("v") == [1]


@fact(
    "2/22/late-binding", "A view WITH NO SCHEMA BINDING refers to its table by name.", Here.SUPPORTED, "r_CREATE_VIEW"
)
def test_late_binding_view(snapshot):
    snapshot.now("create view v as select n from public.t with no schema binding", *SWAP)
    assert snapshot.numbers("v") == [2]


def absent(number: str, name: str, statement: str, source: str) -> object:
    return pytest.param(
        statement, marks=fact(number, f"Redshift does not support {name}.", Here.SUPPORTED, source), id=name
    )


@pytest.mark.parametrize(
    "statement",
    [
        absent("2/23/SAVEPOINT", "SAVEPOINT", "savepoint s", "c_unsupported-postgresql-functions"),
        absent(
            "2/23/ROLLBACK TO", "ROLLBACK TO SAVEPOINT", "rollback to savepoint s", "c_unsupported-postgresql-functions"
        ),
        absent("2/24/FOR UPDATE", "SELECT .. FOR UPDATE", "select n from t for update", "no source"),
        absent(
            "2/24/advisory locks", "advisory locks", "select pg_advisory_lock(1)", "c_unsupported-postgresql-functions"
        ),
        absent("2/24/LISTEN", "LISTEN", "listen x", "no source"),
        absent("2/24/NOTIFY", "NOTIFY", "notify x", "no source"),
        absent("2/24/PREPARE TRANSACTION", "two-phase commit", "prepare transaction 'x'", "no source"),
    ],
)
def test_unsupported_statements(snapshot, statement):
    client = snapshot.open("begin", autocommit=True)
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    assert caught.value.sqlstate == "0A000"


@fact(
    "2/25",
    "A procedure that is called within a transaction cannot commit or roll it back.",
    Here.REFUSED,
    "stored-procedure-transaction-management",
)
def test_procedures(snapshot):
    for statement in ("create procedure p() as $$begin commit; end$$ language plpgsql", "call p()"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            snapshot.now(statement)


@fact(
    "2/26",
    "When a client disconnects, its transaction is rolled back.",
    Here.SUPPORTED,
    "copy-usage_notes-multiple-files",
)
def test_client_disconnects_in_a_transaction(snapshot):
    lost = snapshot.open("insert into t values (3)")
    process = lost.execute("select pg_backend_pid()").fetchone()[0]
    lost.pgconn.finish()
    snapshot.cluster.wait_for(f"select 1 where not exists (select from pg_stat_activity where pid = {process})")
    snapshot.now("delete from t")
    assert snapshot.numbers() == []


@fact(
    "2/26/alone",
    "A COPY or INSERT outside a transaction continues and is committed after its client disconnects.",
    Here.SUPPORTED,
    "copy-usage_notes-multiple-files",
)
@pytest.mark.parametrize(("statement", "number"), [("insert into t values (3)", 3), (COPY, 5)])
def test_client_disconnects_during_a_single_statement(snapshot, loading, statement, number):
    holder = snapshot.open("lock t")
    lost = snapshot.open(autocommit=True)
    lost.pgconn.send_query(statement.encode())
    snapshot.cluster.wait_for_blocked_session()
    lost.pgconn.finish()
    holder.rollback()
    snapshot.cluster.wait_for(f"select 1 from t where n = {number}")


@fact(
    "2/28",
    "statement_timeout, in milliseconds, cancels statements that take longer.",
    Here.SUPPORTED,
    "r_statement_timeout",
)
def test_statement_timeout(snapshot):
    snapshot.open("lock t")
    with pytest.raises(psycopg.errors.QueryCanceled):
        snapshot.open("set statement_timeout to 50", "select n from t")


@fact("2/29/CANCEL", "CANCEL cancels the statement that a session is running.", Here.SUPPORTED, "r_CANCEL")
def test_cancel(snapshot):
    snapshot.open("lock t")
    waiter = snapshot.open(autocommit=True)
    waiting = Background(lambda: waiter.execute("select n from t"))
    snapshot.cluster.wait_for_blocked_session()
    admin = snapshot.open(autocommit=True)
    assert admin.execute(f"cancel {waiter.info.backend_pid}").statusmessage == "CANCEL"
    with pytest.raises(psycopg.errors.QueryCanceled):
        waiting.result()


@fact("2/29/pg_terminate_backend", "pg_terminate_backend ends a session.", Here.SUPPORTED, "PG_TERMINATE_BACKEND")
def test_terminate(snapshot):
    victim = snapshot.open("lock t")
    assert snapshot.now(f"select pg_terminate_backend({victim.info.backend_pid})") == [(True,)]
    assert snapshot.numbers() == [1]


@fact(
    "2/29/views",
    "svv_transactions and stv_locks show which sessions hold locks and which wait for them.",
    Here.SUPPORTED,
    "r_LOCK",
)
def test_views_of_locks(snapshot):
    holder = snapshot.open("insert into t values (3)")
    query = "select lock_owner_pid, trim(lock_status) from stv_locks where table_id = (select oid from pg_class where "
    assert snapshot.now(f"{query} relname = 't')") == [(holder.info.backend_pid, "Holding write lock")]
    query = "select pid, granted from svv_transactions where relation = (select oid from pg_class where relname = 't')"
    assert set(snapshot.now(query)) == {(holder.info.backend_pid, True)}


@fact(
    "2/29/own",
    "A superuser sees all rows of svv_transactions, another user the own ones. Both see all of pg_locks.",
    Here.SUPPORTED,
    "r_SVV_TRANSACTIONS",
)
def test_locks_that_a_user_sees(loader):
    loader.run("create table t (n integer)", "create table u (n integer)")
    reader = loader.as_user("reader")
    loader.run("grant select on u to reader", "begin", "lock t")
    reader.run("begin", "select n from u")
    seen = "select distinct pid from svv_transactions where relation in (select oid from pg_class where relname in "
    pids = [(client.connection.info.backend_pid,) for client in (loader, reader)]
    assert set(loader.run(seen + "('t', 'u'))")) == set(pids)
    assert reader.run(seen + "('t', 'u'))") == pids[1:]
    locks = "select pid from pg_locks where granted and relation = (select oid from pg_class where relname = 't')"
    assert reader.run(locks) == pids[:1]
    for client in (reader, loader):
        client.run("rollback")


@fact("2/29/stl_tr_conflict", "stl_tr_conflict lists conflicts.", Here.REFUSED, "no source")
def test_stl_tr_conflict(snapshot):
    with pytest.raises(psycopg.errors.UndefinedTable):
        snapshot.now("select * from stl_tr_conflict")


@fact(
    "2/29/sys_query_history", "sys_query_history lists failed queries with their errors.", Here.SUPPORTED, "no source"
)
def test_sys_query_history(serializable):
    violation(serializable)
    query = "select distinct trim(error_message) from sys_query_history where status = 'failed' and "
    assert serializable.now(query + "query_text = 'update t set n = 0'") == [("1023",)]


@fact(
    "2/30/redshift_connector",
    "redshift_connector raises ProgrammingError with a dictionary of the fields.",
    Here.SUPPORTED,
    "no source",
)
def test_error_in_redshift_connector(snapshot):
    client = snapshot.open(client="redshift")
    with pytest.raises(Exception, match="Divide by zero") as caught:
        client.cursor().execute("select n / 0 from t")
    assert type(caught.value).__name__ == "ProgrammingError"
    assert caught.value.args[0]["S"] == "ERROR"
    assert caught.value.args[0]["C"] == "XX000"


@fact("2/30/psycopg2", "psycopg2 raises InternalError_ for XX000.", Here.SUPPORTED, "no source")
def test_error_in_psycopg2(snapshot):
    client = snapshot.open(client="psycopg2")
    with pytest.raises(Exception, match="Divide by zero") as caught:
        client.cursor().execute("select n / 0 from t")
    assert (type(caught.value).__name__, caught.value.pgcode) == ("InternalError_", "XX000")
