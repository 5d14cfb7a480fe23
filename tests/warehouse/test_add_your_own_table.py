"""The steps in the README and in docs/new-source.md for a new table, followed literally with the users they name."""

from __future__ import annotations

import copy
import json
import re
import shutil
import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from local.datagen.writer import write_jsonpaths
from local.settings import ROOT
from redshift_elt.cluster.database import prepare_database
from tests.support.airflow_versions import DagBag
from tests.support.new_warehouse import MANAGED_CLUSTER, PREFIXES, WAREHOUSE, new_warehouse
from tests.support.shell import run_in_shell
from tests.support.warehouse import BUCKET, WarehouseUnderTest

LOADER = "only_loads"
DAG_FILE = "dags/sparkify_etl.py"
PLACE = "    # Found by their class"
DAY = "2018-11-02"
WINDOW = (f"{DAY}T00:00:00Z", "2018-11-03T00:00:00Z")


def sections() -> str:
    """Return the README's section about a table, and the page about one from a new source."""
    readme = (ROOT / "README.md").read_text("utf-8")
    [found] = re.findall(r"^## Add your own table$(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
    return found + (ROOT / "docs/new-source.md").read_text("utf-8")


def commands() -> list[str]:
    """Return the commands that run the DDL files."""
    found = re.findall(r"^```sh\n(.*?)^```$", sections(), re.MULTILINE | re.DOTALL)
    return [line for block in found for line in block.splitlines()]


def steps() -> list[tuple[str, str]]:
    """Return each file in the steps with its content."""
    found = re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", sections(), re.MULTILINE | re.DOTALL)
    assert [file for file, _ in found] == [
        "include/sql/schema/page_views.sql",
        "include/sql/select/page_views.sql",
        DAG_FILE,
        "include/sql/schema/playlists.sql",
        "include/sql/select/playlists.sql",
        DAG_FILE,
    ]
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project's DAGs and SQL after the steps."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dags", "include"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "local"):
        (folder / name).symlink_to(ROOT / name)
    dag_file = folder / DAG_FILE
    text = dag_file.read_text("utf-8")
    assert text.count(PLACE) == 1
    for file, content in steps():
        if file == DAG_FILE:
            text = text.replace(PLACE, f"{textwrap.indent(content, '    ')}\n{PLACE}")
        else:
            (folder / file).write_text(content, "utf-8")
    dag_file.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def administrator(own_standin, project) -> Iterator[WarehouseUnderTest]:
    """A warehouse that was created before the steps; its administrator has run the new DDL files."""
    with (
        new_warehouse(own_standin, prefixes=(*PREFIXES, "playlist_data/")) as warehouse,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AIRFLOW_CONN_REDSHIFT_LOADER", json.dumps({**WAREHOUSE, "login": LOADER}))
        prepare_database(MANAGED_CLUSTER, ROOT / "include" / "sql" / "schema", conn_id="redshift_loader")
        for command in commands():
            run_in_shell(command, own_standin.settings.to_environment(), folder=project)
        yield warehouse


@pytest.fixture
def loader(administrator, project, tmp_path) -> WarehouseUnderTest:
    """The warehouse with the user that only loads, the changed DAG and an empty bucket."""
    administrator.empty()
    for table in ("page_views", "playlists"):
        administrator.execute(f"delete from {table}")
    write_jsonpaths(tmp_path)
    administrator.upload(tmp_path)
    loader = copy.copy(administrator.through("redshift_loader"))
    loader.dag = DagBag(project / "dags", bundle_path=project / "dags").dags["sparkify_etl"]
    return loader


def run(warehouse: WarehouseUnderTest) -> dict[str, dict[str, int]]:
    """Run every task for the day, and return the results."""
    run = warehouse.run(*WINDOW)
    return {task.task_id: run.execute(task.task_id) for task in run.dag.topological_sort()}


def put_events(warehouse: WarehouseUnderTest, *events: tuple[int, str, int]) -> None:
    """Upload the log of the day, with item, page and milliseconds after midnight for each event."""
    midnight = 1541116800000
    lines = [
        json.dumps(
            {
                "artist": None, "auth": "Logged In", "firstName": "Anna", "gender": "F", "itemInSession": item,
                "lastName": "Berg", "length": None, "level": "free", "location": "Oslo", "method": "PUT", "page": page,
                "registration": 1540000000000.0, "sessionId": 7, "song": None, "status": 200, "ts": midnight + moment,
                "userAgent": "Browser", "userId": "1",
            }
        )
        for item, page, moment in events
    ]  # fmt: skip
    warehouse.put(f"log_data/2018/11/{DAY}-events.json", "\n".join(lines).encode())


def put_playlists(warehouse: WarehouseUnderTest, name: str, *rows: tuple[str, str, str]) -> None:
    """Upload a file of playlists, each with id, title and time of the last change."""
    lines = [
        json.dumps({"playlist_id": key, "title": title, "updated_at": f"{DAY} {time}"}) for key, title, time in rows
    ]
    warehouse.put(f"playlist_data/{name}.json", "\n".join(lines).encode())


def moment(time: str) -> datetime:
    return datetime.fromisoformat(f"{DAY} {time}")


def test_table_of_events_follows_its_file(loader):
    put_playlists(loader, "any", ("p1", "Road", "10:00:00"))
    put_events(loader, (0, "Home", 0), (1, "Help", 60_000))
    assert run(loader)["load_page_views"]["inserted"] == 2
    home, help_page = ("7-0", moment("00:00:00"), "Home", 1), ("7-1", moment("00:01:00"), "Help", 1)
    assert sorted(loader.query("select * from page_views")) == [home, help_page]
    put_events(loader, (0, "Home", 0), (2, "Logout", 120_000))
    counts = run(loader)["load_page_views"]
    assert (counts["inserted"], counts["deleted"], counts["unchanged"]) == (1, 1, 1)
    logout = ("7-2", moment("00:02:00"), "Logout", 1)
    assert sorted(loader.query("select * from page_views")) == [home, logout]


OTHER_ORDER = pytest.mark.long("orders of files that are like others")


@pytest.mark.parametrize(
    "order", [pytest.param(["early", "late"], marks=OTHER_ORDER), ["late", "early"]], ids=" then ".join
)
def test_table_of_another_source_does_not_depend_on_the_order_of_its_files(loader, order):
    files = {
        "early": [("p1", "Road", "10:00:00"), ("p2", "Rain", "11:00:00")],
        "late": [("p1", "Road trip", "12:00:00"), ("p3", "Sun", "09:00:00")],
    }
    put_events(loader, (0, "Home", 0))
    for name in order:
        put_playlists(loader, name, *files[name])
        run(loader)
    assert sorted(loader.query("select * from playlists")) == [
        ("p1", "Road trip", moment("12:00:00")),
        ("p2", "Rain", moment("11:00:00")),
        ("p3", "Sun", moment("09:00:00")),
    ]
    rerun = run(loader)
    assert rerun["stage_playlists"]["objects"] == 0
    assert rerun["load_playlists"]["inserted"] + rerun["load_playlists"]["updated"] == 0


def test_run_leaves_no_staged_data_of_the_new_source(loader):
    put_playlists(loader, "any", ("p1", "Road", "10:00:00"))
    put_events(loader, (0, "Home", 0))
    run(loader)
    assert loader.tables_of_runs() == []
    assert "Contents" not in loader.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")
    locks = loader.query("select tablename from pg_tables where schemaname = 'etl' and tablename like 'lock_p%'")
    assert sorted(locks) == [("lock_page_views",), ("lock_playlists",)]
