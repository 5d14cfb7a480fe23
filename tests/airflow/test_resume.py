"""A run in a real Airflow with a paused cluster: its tasks wait in the triggerer and then succeed."""

from __future__ import annotations

import pytest

from local.datagen import Options, generate
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import LOAD, TEARDOWN_CLUSTER
from local.stack.dag_run import run_dag
from local.stack.dataset import Dataset
from local.stack.demo import load
from local.stack.environment import BUCKET, CLUSTER
from local.stack.upload import delete
from standin_support.waiting import wait_until


@pytest.fixture
def redshift(stack):
    return aws_client(stack.settings, "redshift")


@pytest.fixture
def dataset(stack, api, progress, tmp_path):
    """A loaded day; the cluster and the bucket are emptied afterwards."""
    generate(tmp_path / "data", Options(days=1, users=5, songs=10))
    dataset = Dataset.open(tmp_path / "data")
    load(stack.settings, progress, dataset)
    yield dataset
    run_dag(api, progress, TEARDOWN_CLUSTER, {"final_snapshot": False, "approved": True})
    delete(aws_client(stack.settings, "s3"), BUCKET, [key for key, _ in dataset.objects()])


def status(redshift):
    return redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"]


def test_run_resumes_the_paused_cluster_and_then_loads(stack, api, progress, redshift, dataset):
    with require_login(stack.settings).connect() as warehouse:
        loaded = warehouse.execute("select count(*) from songplays").fetchone()
        warehouse.execute("delete from songplays")
    redshift.pause_cluster(ClusterIdentifier=CLUSTER)
    wait_until(lambda: status(redshift) == "paused", "the cluster is paused")

    start, end = dataset.window
    run_id = run_dag(api, progress, LOAD, {"window_start": start, "window_end": end, "resume_cluster": True})

    staging = [task for task in api.tasks(LOAD, run_id) if task["task_id"].startswith("stage_")]
    # One of the tasks may have started when the cluster was already available.
    assert any("paused; resume requested" in line for task in staging for line in api.log(LOAD, run_id, task))
    # They were deferred and not retried.
    assert [task["try_number"] for task in staging] == [1, 1]
    with require_login(stack.settings).connect() as warehouse:
        assert warehouse.execute("select count(*) from songplays").fetchone() == loaded
