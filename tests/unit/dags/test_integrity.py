"""The DAGs can be parsed, have the documented structure, and import little."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timezone

import pendulum
import pytest

from local.settings import ROOT
from tests.support.airflow_versions import DagBag, coerce_to_core_timetable, find_path_from_directory


@pytest.fixture(scope="module")
def dags():
    bag = DagBag(ROOT / "dags", bundle_path=ROOT / "dags")
    assert bag.import_errors == {}
    return bag.dags


def test_each_dag_has_a_file_of_its_name(dags):
    assert set(dags) == {file.stem for file in (ROOT / "dags").glob("*.py")}


def test_tasks_of_the_main_dag_follow_one_another(dags):
    loads = {"load_songplays", "load_users", "load_songs", "load_artists", "load_time"}
    found = {task.task_id: task.downstream_task_ids for task in dags["sparkify_etl"].tasks}
    assert found == {
        "stage_events": loads | {"check_star_schema", "clean_up"},
        "stage_songs": loads | {"clean_up"},
        **{load: {"check_star_schema"} for load in loads},
        "check_star_schema": {"clean_up"},
        "clean_up": set(),
    }


def test_report_runs_once_per_load_after_the_last_task(dags):
    report = dags["sparkify_report"]
    assert [asset.name for asset in report.timetable.asset_condition.objects] == ["sparkify_songplays"]
    assert report.max_active_runs == 1
    assert {task.task_id: task.downstream_task_ids for task in report.tasks} == {
        "wait_for_loads": {"publish_report"},
        "publish_report": set(),
    }
    assert report.get_task("wait_for_loads").other_dag_id in dags


def test_maintenance_is_weekly_and_gives_back_the_space_of_what_it_deletes(dags):
    maintenance = dags["sparkify_maintenance"]
    assert {task.task_id: task.downstream_task_ids for task in maintenance.tasks} == {
        "remove_leftovers": {"vacuum"},
        "apply_retention": {"vacuum"},
        "vacuum": set(),
    }
    written = {task.table for task in dags["sparkify_etl"].tasks if task.task_id.startswith("load_")}
    records = {"etl.user_records", "etl.artist_records"}
    assert set(maintenance.get_task("vacuum").tables) == written | records
    leftovers = maintenance.get_task("remove_leftovers")
    sources = [dags["sparkify_etl"].get_task(name) for name in ("stage_events", "stage_songs")]
    assert {(source.bucket, source.manifest_url) for source in sources} == {(leftovers.bucket, leftovers.manifest_url)}


def test_every_hour_has_a_data_interval_that_is_not_empty(dags):
    timetable = coerce_to_core_timetable(dags["sparkify_etl"].timetable)
    interval = timetable.infer_manual_data_interval(run_after=pendulum.datetime(2018, 11, 15, 16, 20))
    assert interval.start == datetime(2018, 11, 15, 15, tzinfo=timezone.utc)
    assert interval.end == datetime(2018, 11, 15, 16, tzinfo=timezone.utc)


def test_every_dag_is_documented_and_every_param_has_a_type_and_a_title(dags):
    for dag in dags.values():
        assert dag.doc_md
        for name, param in dag.params.items():
            schema = dag.params.get_param(name).schema
            assert schema.get("type"), (dag.dag_id, name)
            assert schema.get("title"), (dag.dag_id, name)
            assert param is None or schema


def tags_used_by(function):
    """Return the tags in the module of a function, or of the function there that describes a new cluster."""
    names = function.__globals__
    if "TAGS" not in names and "new_cluster" in names:
        return names["new_cluster"].__globals__["TAGS"]
    return names.get("TAGS")


def test_cluster_dags_use_the_same_cluster(dags):
    """The cluster DAGs use the same tags and have the same parameters."""
    life = [dag for dag in dags.values() if "cluster" in dag.tags]
    tags = {
        dag.dag_id: tags_used_by(task.python_callable)
        for dag in life
        for task in dag.tasks
        if hasattr(task, "python_callable")
    }
    # It only reads, so it accepts any cluster.
    assert tags.pop("sparkify_cluster_status") is None
    assert list(tags.values()) == [{"project": "sparkify-warehouse"}] * (len(life) - 1)
    fields = {}
    for dag in life:
        for name in dag.params:
            fields.setdefault(name, []).append(dag.params.get_param(name).serialize())
    shared = {name: forms for name, forms in fields.items() if len(forms) > 1}
    assert set(shared) == {
        "cluster_identifier",
        "bucket",
        "prefixes",
        "only_these_prefixes",
        "kms_key",
        "cidrs",
        "subnet_group",
        "enhanced_vpc_routing",
        "audit_log",
        "owner",
        "purpose",
    }
    # AWS allows 63 characters. These DAGs name a role after the cluster, with five characters more of at most 64.
    name_a_role = {"sparkify_create_cluster", "sparkify_restore_cluster", "sparkify_teardown_cluster"}
    longest = {dag.dag_id: dag.params.get_param("cluster_identifier").schema["maxLength"] for dag in life}
    assert longest == {dag.dag_id: 59 if dag.dag_id in name_a_role else 63 for dag in life}
    for form in shared["cluster_identifier"]:
        del form["schema"]["maxLength"]
    for name, forms in shared.items():
        assert all(form == forms[0] for form in forms), name


LIKE_ANOTHER = pytest.mark.long("DAG files with the imports of another")


@pytest.mark.parametrize(
    "dag_id",
    [
        "sparkify_etl",
        *(pytest.param(dag_id, marks=LIKE_ANOTHER) for dag_id in ("sparkify_maintenance", "sparkify_report")),
    ],
)
def test_dag_file_imports_no_boto3_driver_or_chart_library(dag_id):
    heavy = ("boto3", "botocore", "redshift_connector", "psycopg", "psycopg2", "pandas", "matplotlib")
    program = (
        "import sys, runpy\n"
        f"sys.path.insert(0, {str(ROOT / 'plugins')!r})\n"
        "import airflow.sdk\n"
        "before = set(sys.modules)\n"
        f"runpy.run_path({str(ROOT / 'dags' / f'{dag_id}.py')!r})\n"
        f"print(sorted(set({heavy!r}) & (set(sys.modules) - before)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_airflow_does_not_load_package_files_as_plugins():
    """It would run each under its bare name, which may be that of a module of the standard library."""
    ignored = find_path_from_directory(ROOT / "plugins", ".airflowignore", "glob")
    assert [file for file in ignored if "redshift_elt" in str(file)] == []
