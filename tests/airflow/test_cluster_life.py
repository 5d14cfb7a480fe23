"""The lifecycle of a cluster in a real Airflow: created, loaded, deleted with a snapshot, restored, paused and deleted.

Each test continues where the previous one ended, because every step takes half a minute.
"""

from __future__ import annotations

import re
from functools import partial

import pytest

from local.datagen import Options, generate
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.comparison import fingerprints
from local.stack.dag_ids import CREATE_CLUSTER, LOAD, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import FINISHED, run_dag, wait_for_dag
from local.stack.dataset import Dataset
from local.stack.demo import upload_data
from local.stack.environment import BUCKET, CLUSTER, LOADER
from local.stack.report import STAR_SCHEMA, row_counts
from local.stack.upload import delete
from standin_support.waiting import wait_until
from tests.support.aws_contents import contents

pytestmark = pytest.mark.long("the life of a cluster in a real Airflow")

RESTORE_CLUSTER = "sparkify_restore_cluster"
BELONGINGS = {
    "roles": ["sparkify-copy"],
    "security groups": ["sparkify-access"],
    "parameter groups": ["sparkify-tls"],
}
# The log line for each requested resource.
KINDS = "Role|Security group|Parameter group|Cluster|Table|User"
STEP = re.compile(rf"INFO +((?:{KINDS}) \S+)(?: \(.*\))?: (created|already there)")


@pytest.fixture(scope="module")
def aws(stack, api, progress):
    """A function that creates clients of the account, which is emptied afterwards."""
    aws = partial(aws_client, stack.settings)
    assert contents(aws) == {}, "tests of another file have left something"
    yield aws
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    for snapshot in contents(aws).get("snapshots", ()):
        aws("redshift").delete_cluster_snapshot(SnapshotIdentifier=snapshot)
    assert contents(aws) == {}


@pytest.fixture(scope="module")
def dataset(stack, aws, progress, tmp_path_factory):
    """A day in the bucket, which is emptied afterwards."""
    target = tmp_path_factory.mktemp("generated") / "data"
    generate(target, Options(days=1, users=5, songs=10))
    dataset = Dataset.open(target)
    upload_data(stack.settings, progress, dataset)
    yield dataset
    delete(aws("s3"), BUCKET, [key for key, _ in dataset.objects()])


@pytest.fixture(scope="module")
def created(api, progress, dataset):
    """The ids of two runs that create the cluster."""
    return [run_dag(api, progress, CREATE_CLUSTER, {}) for _ in range(2)]


@pytest.fixture(scope="module")
def loaded(stack, api, progress, dataset, created):
    """The rows of the tables after a load."""
    load(api, progress, dataset)
    return rows(stack)


@pytest.fixture(scope="module")
def torn_down(stack, api, loaded):
    """The id of an approved run that has deleted the cluster."""
    run_id = teardown_waiting_for_approval(stack, api)
    api.answer(TEARDOWN_CLUSTER, run_id, "approve", "Approve")
    finished(api, run_id)
    return run_id


@pytest.fixture(scope="module")
def snapshot(aws, torn_down):
    """The name of the only snapshot in the account."""
    [snapshot] = contents(aws)["snapshots"]
    return snapshot


@pytest.fixture(scope="module")
def restored(api, progress, snapshot):
    """The id of the run that restored the cluster from the snapshot."""
    return run_dag(api, progress, RESTORE_CLUSTER, {"snapshot_identifier": snapshot})


def load(api, progress, dataset, **params):
    start, end = dataset.window
    return run_dag(api, progress, LOAD, {"window_start": start, "window_end": end, **params})


def rows(stack):
    with require_login(stack.settings).connect() as warehouse:
        return fingerprints(warehouse)


def cluster_status(aws):
    return aws("redshift").describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"]


def steps(api, run_id):
    """Return the status of each resource in the logs of a creating run: created, or already there."""
    lines = [line for task in api.tasks(CREATE_CLUSTER, run_id) for line in api.log(CREATE_CLUSTER, run_id, task)]
    return dict(found.groups() for line in lines if (found := STEP.match(line)))


def states(api, run_id):
    return {task["task_id"]: task["state"] for task in api.tasks(TEARDOWN_CLUSTER, run_id)}


def teardown_waiting_for_approval(stack, api):
    """Trigger a teardown and return the id of the run, which waits for approval.

    It also waits until the scheduler has processed the end of the deferring process. Otherwise the scheduler would take
    it for the end of the resumed task, and retry the task after a minute (Airflow issues 67287 and 72716).
    """
    wait_for_dag(api, TEARDOWN_CLUSTER)
    run_id = api.trigger(TEARDOWN_CLUSTER, {})
    wait_until(lambda: states(api, run_id)["approve"] == "awaiting_input", "the run asks")
    log = stack.settings.state / "logs" / "scheduler.log"
    heard = re.compile(rf"TaskInstance Finished: .*task_id=approve, run_id={re.escape(run_id)},")
    wait_until(lambda: heard.search(log.read_text()), "the scheduler has heard of the question's end")
    assert states(api, run_id)["delete_cluster"] is None
    return run_id


def finished(api, run_id):
    wait_until(lambda: api.run_state(TEARDOWN_CLUSTER, run_id) in FINISHED, "the teardown ends")
    assert api.run_state(TEARDOWN_CLUSTER, run_id) == "success"


def test_second_run_finds_everything_that_the_first_created(api, aws, created):
    first, second = (steps(api, run_id) for run_id in created)
    assert set(first.values()) == {"created"}
    assert second == dict.fromkeys(first, "already there")
    assert {"Role sparkify-copy", "Security group sparkify-access", "Parameter group sparkify-tls"} < set(first)
    assert {f"Cluster {CLUSTER}", f"User {LOADER}", *(f"Table public.{table}" for table in STAR_SCHEMA)} < set(first)
    [cluster] = aws("redshift").describe_clusters()["Clusters"]
    assert {tag["Key"]: tag["Value"] for tag in cluster["Tags"]} == {
        "project": "sparkify-warehouse",
        "owner": "sparkify",
        "purpose": "analytics of song plays",
    }


def test_rejected_teardown_deletes_nothing(stack, api, aws, loaded):
    before = contents(aws)
    run_id = teardown_waiting_for_approval(stack, api)
    api.answer(TEARDOWN_CLUSTER, run_id, "approve", "Reject")
    finished(api, run_id)
    assert states(api, run_id) == {
        "approve": "success",
        "delete_cluster": "skipped",
        "delete_copy_role": "skipped",
        "delete_security_group": "skipped",
        "delete_parameter_group": "skipped",
    }
    assert contents(aws) == before
    assert before == {"clusters": [CLUSTER], "secrets": before["secrets"], **BELONGINGS}
    assert rows(stack) == loaded


def test_approved_teardown_leaves_only_a_snapshot(api, aws, torn_down, snapshot):
    assert set(states(api, torn_down).values()) == {"success"}
    assert contents(aws) == {"snapshots": [snapshot]}
    [deletion] = [task for task in api.tasks(TEARDOWN_CLUSTER, torn_down) if task["task_id"] == "delete_cluster"]
    log = api.log(TEARDOWN_CLUSTER, torn_down, deletion)
    assert any(f"final snapshot: {snapshot}." in line for line in log)


def test_restored_cluster_has_the_rows(stack, loaded, restored):
    assert rows(stack) == loaded
    with require_login(stack.settings).connect() as warehouse:
        assert all(row_counts(warehouse).values())


def test_load_resumes_the_paused_cluster(stack, api, aws, progress, dataset, loaded, restored):
    """Its tasks wait in the triggerer, and then load."""
    with require_login(stack.settings).connect() as warehouse:
        warehouse.execute("delete from songplays")
    aws("redshift").pause_cluster(ClusterIdentifier=CLUSTER)
    wait_until(lambda: cluster_status(aws) == "paused", "the cluster is paused")

    run_id = load(api, progress, dataset, resume_cluster=True)

    staging = [task for task in api.tasks(LOAD, run_id) if task["task_id"].startswith("stage_")]
    # One of the tasks may have started when the cluster was already available.
    assert any("paused; resume requested" in line for task in staging for line in api.log(LOAD, run_id, task))
    # They were deferred and not retried.
    assert [task["try_number"] for task in staging] == [1, 1]
    assert rows(stack) == loaded


def test_teardown_without_approval_and_snapshot_leaves_nothing(api, progress, aws, snapshot, restored):
    assert contents(aws)["clusters"] == [CLUSTER]
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    assert contents(aws) == {"snapshots": [snapshot]}
