"""A task whose user lacks a privilege fails at once, with the statement that grants it in the message."""

from __future__ import annotations

import json

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from local.datagen import Options, generate
from redshift_elt.cluster.database import prepare_database
from redshift_elt.run.names import staging_table
from tests.support.new_warehouse import MANAGED_CLUSTER, WAREHOUSE
from tests.support.warehouse import ROOT, Run, WarehouseUnderTest

LOADER = "only_loads"
CONN = "redshift_loader"
BOOKKEEPING = f"grant select, insert, update, delete on all tables in schema etl to {LOADER};"


def rows_of(table: str) -> str:
    """Return the statement that grants the privileges that a load needs on its table."""
    return f"grant select, insert, update, delete on table {table} to {LOADER};"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "data"
    generate(folder, Options(days=1, users=3, songs=5, seed=3))
    return folder


@pytest.fixture
def loader(warehouse: WarehouseUnderTest, files, monkeypatch) -> WarehouseUnderTest:
    """The warehouse as the user who only loads, with every privilege and with data to load."""
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_LOADER", json.dumps({**WAREHOUSE, "login": LOADER}))
    prepare_database(MANAGED_CLUSTER, ROOT / "include" / "sql" / "schema", conn_id=CONN)
    warehouse.upload(files)
    return warehouse.through(CONN)


def follow_the_message(owner: WarehouseUnderTest, run: Run, about: str, statement: str) -> None:
    """Assert that the run fails, execute the statement in the message, and assert that the run succeeds."""
    with pytest.raises(AirflowFailException) as failed:
        run.complete()
    message = str(failed.value)
    assert message.startswith(f"The user {LOADER} ")
    assert about in message
    assert "permission denied" not in message
    assert message.partition(" or a superuser, then clear the task: ")[2] == statement
    owner.execute(statement)
    run.complete()


CASES = [
    ("all on table etl.lock_songplays", "the table etl.lock_songplays", rows_of("etl.lock_songplays")),
    ("insert on table songplays", "the table public.songplays", rows_of("public.songplays")),
    ("update on table users", "the table public.users", rows_of("public.users")),
    (
        "all on table staging_songs",
        "the table public.staging_songs",
        f"grant select on table public.staging_songs to {LOADER};",
    ),
    ("select on table etl.staged_files", "the table etl.staged_files", BOOKKEEPING),
    ("insert on table etl.loaded_files", "the table etl.loaded_files", BOOKKEEPING),
    ("insert on table etl.listings", "the table etl.listings", BOOKKEEPING),
    ("insert on table etl.loads", "the table etl.loads", BOOKKEEPING),
    ("insert on table etl.check_results", "the table etl.check_results", BOOKKEEPING),
    ("all on table etl.artist_records", "the table etl.artist_records", BOOKKEEPING),
    ("usage on schema etl", "the schema etl", f"grant usage, create on schema etl to {LOADER};"),
]


# The others are missed by other statements.
SHORT = ("insert on table songplays",)
LIKE_ANOTHER = pytest.mark.long("privileges that are missed like others")


@pytest.mark.parametrize(
    ("privilege", "about", "statement"),
    [pytest.param(*case, marks=() if case[0] in SHORT else LIKE_ANOTHER) for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_missing_privilege(loader, warehouse, privilege, about, statement):
    warehouse.execute(f"revoke {privilege} from {LOADER}")
    follow_the_message(warehouse, loader.run(full_load=True), about, statement)


def test_missing_privilege_of_a_load_for_which_nothing_was_staged(loader, warehouse):
    """Its only statement is not in a transaction."""
    loader.run(full_load=True).complete()
    warehouse.execute(f"revoke insert on table etl.loads from {LOADER}")
    run = loader.run("2018-11-01T00:00:00", "2018-11-01T01:00:00", "scheduled")
    run.execute("stage_songs")
    with pytest.raises(AirflowFailException, match=f"^The user {LOADER} .* the table etl.loads"):
        run.execute("load_songs")


def test_schema_in_which_only_some_users_may_create_tables(loader, warehouse):
    warehouse.execute(f"revoke create on schema public from public, {LOADER}")
    try:
        statement = f"grant usage, create on schema public to {LOADER};"
        follow_the_message(warehouse, loader.run(full_load=True), "the schema public", statement)
    finally:
        warehouse.execute("grant create on schema public to public")


def test_lock_table_of_another_user(loader, warehouse, monkeypatch):
    """Default privileges cover only what the administrator creates."""
    warehouse.execute("create user other_loader password disable")
    warehouse.execute("grant usage, create on schema etl to other_loader")
    warehouse.execute("drop table etl.lock_time")
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_OTHER", json.dumps({**WAREHOUSE, "login": "other_loader"}))
    other = warehouse.through("redshift_other")
    other.execute("create table etl.lock_time (unused boolean)")
    try:
        about = "the table etl.lock_time, which belongs to the user other_loader"
        follow_the_message(other, loader.run(full_load=True), about, rows_of("etl.lock_time"))
    finally:
        other.execute("drop table etl.lock_time")
        warehouse.execute("create table etl.lock_time (unused boolean)")


def test_first_load_of_a_target_without_the_privilege_to_create_its_lock(loader, warehouse):
    warehouse.execute("drop table etl.lock_time")
    warehouse.execute(f"revoke create on schema etl from {LOADER}")
    statement = f"grant usage, create on schema etl to {LOADER};"
    follow_the_message(warehouse, loader.run(full_load=True), "the schema etl", statement)


def test_columns_of_a_table_of_another_user(loader, warehouse, monkeypatch):
    warehouse.put("song_data/new.json", b'{"mood": "calm"}')
    run = loader.run(full_load=True)
    monkeypatch.setattr(run.dag.get_task("stage_songs"), "on_new_field", "add")
    with pytest.raises(AirflowFailException) as failed:
        run.execute("stage_songs")
    message = str(failed.value)
    assert message.startswith(
        f"The user {LOADER} may not add columns to the table public.staging_songs, which belongs to"
    )
    assert message.endswith(f"clear the task: alter table public.staging_songs owner to {LOADER};")


def test_staging_table_of_another_user(loader, warehouse):
    """For example, after the user of the connection was changed between two tries."""
    run = loader.run(full_load=True)
    left = staging_table("staging_events", run._context(run.dag.get_task("stage_events"))["dag_run"])
    warehouse.execute(f"create table {left} (a int)")
    about = f"public.{left}, which belongs to the user awsuser"
    follow_the_message(warehouse, run, about, f"drop table public.{left};")
