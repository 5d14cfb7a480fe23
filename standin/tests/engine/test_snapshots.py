"""A database that is restored from a snapshot is the same as the original."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from redshift_standin.errors import StandinError
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import DATABASE, PASSWORD, USER, Endpoint, free_port, open_cluster

pytestmark = pytest.mark.long("snapshots of databases")

SCHEMA = (
    "create schema loading",
    "create table public.parents (n integer identity(5, 10), gone integer, word varchar(3) encode zstd, "
    "at timestamp not null default getdate(), primary key (n, word)) "
    "distkey (word) compound sortkey (word, n)",
    "alter table parents drop column gone",
    "insert into parents (word) values ('äb')",
    'create table loading."Odd name" (id bigint not null, d decimal(10, 2)) diststyle all',
    """insert into loading."Odd name" values (1, 2.50), (2, null)""",
    "create view words as select upper(word) as loud from parents",
    "create view loading.late as select word from public.parents with no schema binding",
)


@pytest.fixture
def restored(endpoint, all_endpoints, tmp_path):
    """Take a snapshot and restore a cluster from it."""
    made = []

    def restore() -> Endpoint:
        folder = tmp_path / "snapshot"
        all_endpoints.save_snapshot(endpoint.cluster, folder)
        cluster, port = f"{endpoint.cluster}-restored", free_port()
        all_endpoints.load_snapshot(cluster, folder, database=DATABASE, master_user=USER)
        open_cluster(all_endpoints, cluster, port)
        made.append(Endpoint(all_endpoints, endpoint.postgres, endpoint.certificates, cluster, port))
        return made[-1]

    yield restore
    for each in made:
        each.close()
        all_endpoints.delete(each.cluster)


def test_tables_are_restored_with_rows_defaults_and_views(endpoint, restored):
    source = endpoint.psycopg(autocommit=True)
    for statement in SCHEMA:
        source.execute(statement)
    copy = restored().psycopg(autocommit=True)
    assert copy.execute("select n, word from parents").fetchall() == [(5, "äb")]
    assert copy.execute("select word from loading.late").fetchall() == [("äb",)]
    assert copy.execute('select id, d::varchar from loading."Odd name" order by id').fetchall() == [
        (1, "2.50"),
        (2, None),
    ]
    assert copy.execute("select loud from words").fetchall() == [("ÄB",)]
    assert copy.execute("select current_database()").fetchone() == (DATABASE,)
    copy.execute("insert into parents (word) values ('new')")
    assert copy.execute("select n, at is not null from parents where word = 'new'").fetchall() == [(15, True)]
    # Four bytes.
    with pytest.raises(psycopg.errors.StringDataRightTruncation):
        copy.execute("insert into parents (word) values ('ääb')")
    with pytest.raises(psycopg.Error, match="cannot write to view"):
        copy.execute("insert into words values ('no')")


def test_keys_and_encodings_are_restored_for_the_new_oids(endpoint, restored):
    source = endpoint.psycopg(autocommit=True)
    for statement in SCHEMA:
        source.execute(statement)
    copy = restored().psycopg(autocommit=True)
    described = (
        'select "column", type, trim(encoding), distkey, sortkey, "notnull" from pg_table_def '
        "where tablename in ('parents', 'odd name') order by tablename, \"column\""
    )
    # Its schema is not in the search path of either session.
    for connection in (source, copy):
        connection.execute("set search_path to public, loading")
    kept = copy.execute(described).fetchall()
    assert ("word", "character varying(3)", "zstd", True, 1, True) in kept
    assert kept == source.execute(described).fetchall()
    keys = (
        "select column_name from information_schema.key_column_usage where table_name = 'parents' "
        "order by ordinal_position"
    )
    assert copy.execute(keys).fetchall() == [("n",), ("word",)]
    styles = 'select "table", diststyle, sortkey1 from svv_table_info order by 1'
    assert copy.execute(styles).fetchall() == [("odd name", "ALL", "AUTO(SORTKEY)"), ("parents", "KEY(word)", "word")]


def test_every_database_is_restored_with_its_isolation_level(endpoint, all_endpoints, restored):
    first = endpoint.psycopg(autocommit=True)
    first.execute("create database strict isolation level serializable")
    first.execute("create database loose")
    endpoint.add_user("analyst")
    with endpoint.psycopg(autocommit=True, dbname="strict") as source:
        source.execute("create table kept as select 7 as n")
        source.execute("grant select on kept to analyst")
    copy = restored()
    listed = "select trim(db_name), trim(isolation_level) from stv_db_isolation_level"
    levels = {}
    for name in (DATABASE, "strict", "loose"):
        with copy.psycopg(autocommit=True, dbname=name) as connection:
            levels |= dict(connection.execute(listed).fetchall())
    assert levels == {DATABASE: "Snapshot Isolation", "strict": "Serializable", "loose": "Snapshot Isolation"}
    all_endpoints.set_password(copy.cluster, "analyst", PASSWORD)
    with copy.psycopg(autocommit=True, dbname="strict", user="analyst") as analyst:
        assert analyst.execute("select n from kept").fetchone() == (7,)


def test_snapshot_has_the_committed_data_and_does_not_disturb_sessions(endpoint, restored):
    committed, open_one = endpoint.psycopg(autocommit=True), endpoint.psycopg()
    committed.execute("create table t (n integer)")
    committed.execute("insert into t values (1)")
    open_one.execute("create temp table mine (n integer)")
    open_one.execute("insert into t values (2)")
    copy = restored().psycopg(autocommit=True)
    open_one.execute("insert into mine values (3)")
    open_one.commit()
    assert copy.execute("select n from t").fetchall() == [(1,)]
    assert committed.execute("select n from t order by n").fetchall() == [(1,), (2,)]


def test_users_and_privileges_are_restored(endpoint, all_endpoints, restored):
    source = endpoint.psycopg(autocommit=True)
    endpoint.add_user("analyst")
    source.execute("create table shown as select 1 as n")
    source.execute("create table hidden as select 2 as n")
    source.execute("grant select on shown to analyst")
    copy = restored()
    all_endpoints.set_password(copy.cluster, "analyst", PASSWORD)
    analyst = copy.psycopg(autocommit=True, user="analyst")
    assert analyst.execute("select n from shown").fetchone() == (1,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("select n from hidden")


def test_restored_cluster_has_no_history_of_loads(endpoint, restored):
    with endpoint.connect_to_postgres() as postgres:
        postgres.execute("insert into standin.load_commits values (7, 's3://a/b', 1, 1, 1, now())")
    copy = restored().psycopg(autocommit=True)
    assert copy.execute("select count(*) from stl_load_commits").fetchone() == (0,)


def test_snapshot_is_private_and_complete_or_absent(endpoint, all_endpoints, tmp_path):
    folder = tmp_path / "snapshot"
    all_endpoints.save_snapshot(endpoint.cluster, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]
    (folder / "0" / "database.dump").write_bytes(b"PGDMP and then nothing")
    with pytest.raises(StandinError, match="pg_restore"):
        all_endpoints.load_snapshot("broken", folder, database=DATABASE, master_user=USER)
    databases = (
        endpoint.connect_to_postgres()
        .execute("select datname from pg_database where datname like 'broken%'")
        .fetchall()
    )
    assert databases == []


def test_snapshot_that_waits_for_a_client_can_be_stopped(endpoint_postgres, certificates, copier, tmp_path):
    endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
    try:
        open_cluster(endpoints, "waiting", free_port())
        own = Endpoint(endpoints, endpoint_postgres, certificates, "waiting", 0)
        with own.connect_to_postgres() as postgres:
            postgres.execute("create table public.t (n integer)")
            postgres.execute("begin")
            postgres.execute("lock table public.t in access exclusive mode")
            with ThreadPoolExecutor() as threads:
                saving = threads.submit(endpoints.save_snapshot, "waiting", tmp_path / "snapshot")
                own.wait_for_blocked_session()
                endpoints.end_snapshots()
                with pytest.raises(StandinError, match="pg_dump"):
                    saving.result()
        assert not (tmp_path / "snapshot").exists()
        own.close()
        endpoints.delete("waiting")
    finally:
        endpoints.close()


def test_existing_database_is_not_restored_again(endpoint, all_endpoints, restored, tmp_path):
    copy = restored()
    copy.psycopg(autocommit=True).execute("create table later (n integer)")
    all_endpoints.load_snapshot(copy.cluster, tmp_path / "snapshot", database=DATABASE, master_user=USER)
    assert copy.psycopg(autocommit=True).execute("select count(*) from later").fetchone() == (0,)


def test_all_catalog_tables_keyed_by_oid_are_saved(endpoint):
    """A table of the stand-in's own that refers to a client's must be in catalog/95_snapshots.sql."""
    found = endpoint.connect_to_postgres().execute(
        "select distinct relname from pg_attribute join pg_class on pg_class.oid = attrelid "
        "where relnamespace = 'standin'::regnamespace and relkind = 'r' and attnum > 0 "
        "and atttypid in ('oid'::regtype, 'regclass'::regtype) order by 1"
    )
    assert [name for (name,) in found] == ["primary_keys", "table_attributes"]
