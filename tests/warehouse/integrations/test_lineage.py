"""Lineage: the events of the real OpenLineage provider for the tasks of a run, and runs without the provider."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.utils.state import TaskInstanceState

from local.datagen import Options, generate
from local.stack.environment import CLUSTER, DATABASE
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.integrations.lineage import DatasetNamespace
from redshift_standin import REGION
from tests.support.faults import before_each_statement
from tests.support.warehouse import BUCKET, LOADS, STAGING, TASKS, Run, WarehouseUnderTest

WAREHOUSE = f"redshift://{CLUSTER}.{REGION}:5439"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
KEY = "log_data/2018/11/2018-11-01-events.json"
SONGS = 8
NAMESPACE = DatasetNamespace("redshift://mine.eu-west-1:5439", "shop")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=2, users=5, songs=SONGS, seed=11))
    return directory


def extracted(run: Run, task_id: str, state: TaskInstanceState) -> Any:
    """Return the lineage that the provider extracts from an executed task."""
    from airflow.providers.openlineage.extractors import ExtractorManager

    task = run.executed[task_id]
    dag_run = SimpleNamespace(run_id=run.run_id)
    return ExtractorManager().extract_metadata(dag_run, task, state, SimpleNamespace(task=task))


def emitted(
    run: Run, task_id: str, folder: Path, state: TaskInstanceState = TaskInstanceState.SUCCESS
) -> SimpleNamespace:
    """Return the event that the provider sends at the end of a task, from the file that it is written to."""
    from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    file = folder / f"{task_id}.json"
    transport = FileTransport(FileConfig(log_file_path=str(file), append=True))
    OpenLineageAdapter(client=OpenLineageClient(transport=transport)).complete_task(
        run_id="01941f29-7c00-7087-8906-40e512c257bd",
        job_name=task_id,
        end_time=datetime(2018, 11, 2, tzinfo=timezone.utc).isoformat(),
        task=extracted(run, task_id, state),
        nominal_start_time=None,
        nominal_end_time=None,
        owners=None,
        tags=None,
        job_description=None,
    )
    event = json.loads(file.read_text())
    return SimpleNamespace(
        inputs={(dataset["namespace"], dataset["name"]): dataset for dataset in event["inputs"]},
        outputs={(dataset["namespace"], dataset["name"]): dataset for dataset in event["outputs"]},
        run=event["run"],
    )


@pytest.fixture
def uploaded(uploaded: WarehouseUnderTest) -> WarehouseUnderTest:
    """The same with the connection of the DAGs: its cluster is the namespace of the tables."""
    return uploaded.through("redshift_default")


def table(name: str) -> tuple[str, str]:
    return WAREHOUSE, f"{DATABASE}.{name}"


def origins(dataset: dict[str, Any]) -> dict[str, list[str]]:
    """Return the source columns of each column of a dataset."""
    fields = dataset["facets"]["columnLineage"]["fields"]
    assert {one["namespace"] for field in fields.values() for one in field["inputFields"]} == {WAREHOUSE}
    return {
        name: [f"{one['name'].removeprefix(f'{DATABASE}.public.')}.{one['field']}" for one in field["inputFields"]]
        for name, field in fields.items()
    }


def rows_written(dataset: dict[str, Any]) -> int:
    return dataset["outputFacets"]["outputStatistics"]["rowCount"]


def test_every_task_reports_its_inputs_and_outputs(uploaded, data, tmp_path):
    lines = (data / KEY).read_bytes().rstrip(b"\n")
    uploaded.put(KEY, lines + b"\nno JSON")
    run = uploaded.run(*DAY, max_rejects=1)
    results = run.complete()
    events = {task_id: emitted(run, task_id, tmp_path) for task_id in TASKS if task_id != "clean_up"}
    staging_events, staging_songs = table("public.staging_events"), table("public.staging_songs")
    logs, songs = ((f"s3://{BUCKET}", name) for name in ("log_data/%Y/%m/%Y-%m-%d-events.json", "song_data"))
    found = {task_id: (set(event.inputs), set(event.outputs)) for task_id, event in events.items()}
    checked = {table(f"public.{name}") for name in ("songplays", "users", "songs", "artists", "time")}
    assert found == {
        "stage_events": ({logs}, {staging_events}),
        "stage_songs": ({songs}, {staging_songs}),
        "load_songplays": ({staging_events, table("public.songs")}, {table("public.songplays")}),
        "load_users": ({staging_events}, {table("public.users"), table("etl.user_records")}),
        "load_songs": ({staging_songs}, {table("public.songs"), table("public.songplays")}),
        "load_artists": ({staging_songs}, {table("public.artists"), table("etl.artist_records")}),
        "load_time": ({staging_events}, {table("public.time")}),
        "check_star_schema": (checked, set()),
    }
    statistics = events["stage_events"].inputs[logs]["inputFacets"]["inputStatistics"]
    read = {name: statistics[name] for name in ("fileCount", "rowCount", "size")}
    assert read == {"fileCount": 1, "rowCount": lines.count(b"\n") + 2, "size": len(lines) + 8}
    assert rows_written(events["stage_events"].outputs[staging_events]) == lines.count(b"\n") + 1
    assert rows_written(events["stage_songs"].outputs[staging_songs]) == SONGS
    for task_id in LOADS:
        target = table(f"public.{task_id.removeprefix('load_')}")
        assert rows_written(events[task_id].outputs[target]) == results[task_id]["inserted"] > 0


def test_column_lineage_reaches_the_staged_columns(uploaded, tmp_path):
    run = uploaded.run(*DAY)
    run.complete()
    plays = emitted(run, "load_songplays", tmp_path).outputs[table("public.songplays")]
    events = {
        "start_time": "ts", "user_id": "user_id", "level": "level", "session_id": "session_id", "location": "location",
        "user_agent": "user_agent", "item_in_session": "item_in_session", "song_title": "song", "artist_name": "artist",
        "length": "length",
    }  # fmt: skip
    assert origins(plays) == {
        "songplay_id": ["staging_events.item_in_session", "staging_events.session_id"],
        "song_id": ["songs.song_id"],
        "artist_id": ["songs.artist_id"],
        **{name: [f"staging_events.{origin}"] for name, origin in events.items()},
    }
    moments = emitted(run, "load_time", tmp_path).outputs[table("public.time")]
    parts = ["start_time", "hour", "day", "week", "month", "year", "weekday"]
    assert origins(moments) == {part: ["staging_events.ts"] for part in parts}
    artists = emitted(run, "load_artists", tmp_path).outputs
    of_artists = {
        "artist_id": ["staging_songs.artist_id"],
        "name": ["staging_songs.artist_name"],
        "location": ["staging_songs.artist_location"],
        "latitude": ["staging_songs.artist_latitude"],
        "longitude": ["staging_songs.artist_longitude"],
    }
    # Only the records have the song that an artist comes from.
    assert origins(artists[table("public.artists")]) == of_artists
    assert origins(artists[table("etl.artist_records")]) == {**of_artists, "song_id": ["staging_songs.song_id"]}


def test_check_results_are_reported_for_their_tables(uploaded, tmp_path):
    run = uploaded.run(*DAY)
    for task_id in (*STAGING, *LOADS):
        run.execute(task_id)
    uploaded.execute("insert into users select * from users where user_id = (select min(user_id) from users)")
    with pytest.raises(AirflowFailException):
        run.execute("check_star_schema")
    event = emitted(run, "check_star_schema", tmp_path, TaskInstanceState.FAILED)
    results = uploaded.query(
        "select target, check_name, passed, severity, expected, actual from etl.check_results where run_id = %(run)s",
        run=run.run_id,
    )
    reported = {
        (
            name.removeprefix(f"{DATABASE}.public."),
            one["name"],
            one["success"],
            one["severity"],
            one["expected"],
            one["actual"],
        )
        for (_, name), dataset in event.inputs.items()
        for one in dataset["facets"]["dataQualityAssertions"]["assertions"]
    }
    assert ("users", "repeated user_id", False, "error", "0", "1") in reported
    assert reported == {result for result in results if not result[0].startswith("staging_")}
    staged = emitted(run, "stage_events", tmp_path).outputs[table("public.staging_events")]
    assertions = staged["facets"]["dataQualityAssertions"]["assertions"]
    assert {one["name"] for one in assertions} == {result[1] for result in results if result[0] == "staging_events"}


def test_starting_task_reports_its_inputs_and_outputs(uploaded):
    run = uploaded.run(*DAY)
    run.executed["stage_events"] = run.dag.get_task("stage_events")
    lineage = extracted(run, "stage_events", TaskInstanceState.RUNNING)
    assert [dataset.name for dataset in lineage.outputs] == [f"{DATABASE}.public.staging_events"]
    assert lineage.outputs[0].outputFacets == lineage.inputs[0].inputFacets == {}


def test_lineage_does_not_query_the_warehouse(uploaded, tmp_path):
    run = uploaded.run(*DAY)
    run.complete()
    sent = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        for task_id in (*STAGING, *LOADS, "check_star_schema"):
            assert emitted(run, task_id, tmp_path).inputs
    assert sent == []


@pytest.mark.parametrize(
    ("connection", "namespace"),
    [
        ({"extra": {"cluster_identifier": "mine", "region": "eu-west-1", "iam": True}}, "mine.eu-west-1:5439"),
        ({"extra": {"cluster_identifier": "mine", "secret_arn": "managed"}, "port": 5440}, f"mine.{REGION}:5440"),
        ({"extra": {"serverless_work_group": "small", "region": "eu-west-1"}}, "small.eu-west-1:5439"),
        ({"host": "mine.abc.eu-west-1.redshift.amazonaws.com"}, "mine.eu-west-1:5439"),
        ({"host": "warehouse.example.com", "port": 5441}, "warehouse.example.com:5441"),
        ({"conn_type": "postgres", "host": "example.com", "extra": {"redshift": True}}, f"example.{REGION}:5439"),
    ],
)
def test_namespace_matches_the_amazon_provider(created_warehouse, monkeypatch, connection, namespace):
    extra = json.dumps(connection.get("extra", {}))
    named = Connection(**{"conn_type": "redshift", "schema": "shop", **connection, "extra": extra})
    monkeypatch.setenv("AIRFLOW_CONN_NAMED", named.as_json())
    assert DatasetNamespace.of(warehouse_hook("named")) == DatasetNamespace(f"redshift://{namespace}", "shop")


def test_namespace_has_the_region_of_the_environment_if_no_connection_names_one(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", '{"conn_type": "aws"}')
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-2")
    extra = json.dumps({"iam": True, "cluster_identifier": "mine"})
    monkeypatch.setenv("AIRFLOW_CONN_NAMED", Connection(conn_type="redshift", schema="shop", extra=extra).as_json())
    assert DatasetNamespace.of(warehouse_hook("named")).namespace == "redshift://mine.eu-south-2:5439"


def test_tasks_work_without_the_provider(uploaded, monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "openlineage" or name.startswith("airflow.providers.openlineage"):
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "redshift_elt.integrations.lineage")
    for name in ("openlineage", "airflow.providers.openlineage", "airflow.providers.openlineage.extractors"):
        monkeypatch.setitem(sys.modules, name, None)
    run = uploaded.run(*DAY)
    assert run.complete()["load_songplays"]["inserted"] > 0
    for task_id, task in run.executed.items():
        assert task.get_openlineage_facets_on_start() is None, task_id
        assert task.get_openlineage_facets_on_complete(None) is None, task_id
