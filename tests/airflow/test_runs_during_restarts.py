"""Runs of sparkify_etl while parts of Airflow or its metadata database are killed, restarted or doubled.

Airflow then runs tasks a second time, or hands them to another process. The rows must be those of the model, and no
load may be recorded twice.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

import psutil
import psycopg
import pytest

from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.daemon import Daemon
from local.stack.dag_ids import CREATE_CLUSTER, LOAD
from local.stack.dag_run import FINISHED
from local.stack.environment import CLUSTER, METADATA
from local.stack.stack import COMPONENTS, PREPARED_AHEAD
from standin_support.waiting import wait_until
from tests.support.star_schema_runs import TARGETS, damage, rows, states, waiting_for_locks

pytestmark = pytest.mark.long("restarts of Airflow's parts during runs")

STAGING = {"stage_events", "stage_songs"}
LOADS = {f"load_{table}" for table in TARGETS}
JOBS = {"scheduler": "SchedulerJob", "dag_processor": "DagProcessorJob", "triggerer": "TriggererJob"}
# What the processes of tasks log before they repeat a request to the API server for the second time.
REQUEST_REPEATED = "this is the 2nd time calling it"


@pytest.fixture(scope="module", autouse=True)
def _dead_schedulers_are_noticed_sooner():
    """Restarted schedulers look for tasks of dead ones every five seconds instead of minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL", "5")
        yield


@pytest.fixture(autouse=True)
def _complete_stack(stack):
    """Every part of Airflow runs again after each test."""
    yield
    stack.up()


@pytest.fixture
def metadata(stack):
    """A session in Airflow's database."""
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA), autocommit=True) as connection:
        yield connection


def test_run_goes_on_after_its_scheduler_was_killed_with_its_tasks(stack, warehouse, api, expected):
    damaged = damage(warehouse)
    with locked(stack, "etl.loads"):
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: waiting_for_locks(stack, api, run_id) >= len(LOADS), "the loads are about to commit")
        kill(stack.airflow["scheduler"])
    assert {table: rows(warehouse, table) for table in TARGETS} == damaged
    stack.up()

    end(api, LOAD, run_id)
    assert tries(api, run_id) == dict.fromkeys(STAGING, 1) | dict.fromkeys(LOADS, 2)
    check_rows(warehouse, expected, run_id)


def test_second_scheduler_takes_over_while_the_tasks_of_the_first_still_run(stack, warehouse, api, expected):
    """The tasks that end meanwhile are done; those that do not are started again beside the first ones."""
    damage(warehouse)
    # A late song changes plays.
    blocked = {"load_songplays", "load_songs"}
    with locked(stack, "etl.lock_songplays") as songplays, locked(stack, "etl.loads") as commits:
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: waiting_for_locks(stack, api, run_id) >= len(LOADS), "the loads wait for locks")
        with second_scheduler(stack):
            # Its children, which run the tasks, stay.
            leader = leader_of(stack.airflow["scheduler"])
            leader.kill()
            commits.rollback()
            done = LOADS - blocked
            wait_until(lambda: states(api, run_id, done) == {"success"}, "the other tasks end without a scheduler")

            def noticed():
                end_abandoned_transactions(stack)
                return tries(api, run_id)["load_songplays"] == 2

            wait_until(noticed, "the other scheduler has noticed")
            wait_until(lambda: states(api, run_id, blocked) == {"running"}, "the tasks run again")
            songplays.rollback()
            end(api, LOAD, run_id)
    assert tries(api, run_id) == dict.fromkeys(STAGING | LOADS, 1) | dict.fromkeys(blocked, 2)
    check_rows(warehouse, expected, run_id)


def test_two_schedulers_run_each_task_once(stack, warehouse, api, metadata, expected):
    damage(warehouse)
    runs = []

    def both_have_run_tasks():
        """Start runs that overlap; one of the schedulers may be quick enough to take all of their tasks."""
        started = [api.trigger(LOAD, {"full_load": True}) for _ in range(3)]
        for run_id in started:
            end(api, LOAD, run_id)
        runs.extend(started)
        query = "select count(distinct queued_by_job_id) from task_instance where run_id = any(%s)"
        return metadata.execute(query, (runs,)).fetchone() == (2,)

    with second_scheduler(stack):
        wait_until(both_have_run_tasks, "both schedulers have run tasks")
    for run_id in runs:
        assert tries(api, run_id) == dict.fromkeys(STAGING | LOADS, 1)
    check_rows(warehouse, expected, *runs)


def test_deferred_tasks_survive_the_triggerer(stack, warehouse, api, metadata, expected, faults):
    """One task is deferred when the triggerer is killed, and at least one other while there is none."""
    damage(warehouse)
    [[creating]] = metadata.execute("select max(run_id) from dag_run where dag_id = %s", (CREATE_CLUSTER,)).fetchall()
    # Nobody knows the state of the cluster while this task waits for it.
    faults.set("redshift", "ThrottlingException", operation="DescribeClusters")
    api.clear(CREATE_CLUSTER, creating, ["wait_until_available"])
    running = "select count(*) from trigger where classpath like '%.ClusterReadyTrigger' and triggerer_id is not null"
    wait_until(lambda: metadata.execute(running).fetchone() == (1,), "the triggerer has the trigger")
    kill(stack.airflow["triggerer"])
    faults.clear()

    redshift = aws_client(stack.settings, "redshift")
    redshift.pause_cluster(ClusterIdentifier=CLUSTER)
    wait_until(lambda: status(redshift) == "paused", "the cluster is paused")
    loading = api.trigger(LOAD, {"full_load": True, "resume_cluster": True})
    # The first staging that finds the cluster paused; for the other one it may be available already.
    wait_until(lambda: "deferred" in states(api, loading, STAGING), "a staging is deferred")
    assert task(api, CREATE_CLUSTER, creating, "wait_until_available")["state"] == "deferred"

    stack.up()
    end(api, LOAD, loading)
    end(api, CREATE_CLUSTER, creating)
    assert tries(api, loading) == dict.fromkeys(STAGING | LOADS, 1)
    # The pause has ended the first session.
    with require_login(stack.settings).connect() as resumed:
        check_rows(resumed, expected, loading)


def test_loads_commit_while_the_metadata_database_restarts(stack, warehouse, api, expected):
    """The tasks report their results afterwards. Other parts of Airflow exit, and are started again."""
    damage(warehouse)
    log = stack.airflow["scheduler"].log
    with locked(stack, "etl.loads") as commits:
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: waiting_for_locks(stack, api, run_id) >= len(LOADS), "the loads are about to commit")
        retried = log.read_text().count(REQUEST_REPEATED)
        with crashed(stack.metadata):
            commits.rollback()
            wait_until(lambda: count_loads(warehouse, run_id) == len(LOADS), "the loads have committed")
            wait_until(
                lambda: log.read_text().count(REQUEST_REPEATED) >= retried + len(LOADS),
                "the tasks repeat their requests",
            )

    start_what_has_exited(stack)
    end(api, LOAD, run_id)
    check_rows(warehouse, expected, run_id)


def test_loads_are_repeated_if_the_metadata_database_stays_away(stack, warehouse, api, expected):
    """The tasks give up reporting their results. Their second tries find the rows, and write nothing."""
    damage(warehouse)
    with locked(stack, "etl.loads") as commits:
        run_id = api.trigger(LOAD, {"full_load": True})
        wait_until(lambda: waiting_for_locks(stack, api, run_id) >= len(LOADS), "the loads are about to commit")
        with crashed(stack.metadata):
            commits.rollback()
            wait_until(lambda: count_loads(warehouse, run_id) == len(LOADS), "the loads have committed")
            scheduler = stack.airflow["scheduler"]
            wait_until(lambda: not scheduler.members(), "the tasks have given up, and their scheduler has exited")

    start_what_has_exited(stack)
    end(api, LOAD, run_id)
    assert tries(api, run_id) == dict.fromkeys(STAGING, 1) | dict.fromkeys(LOADS, 2)
    assert count_loads(warehouse, run_id) == 2 * len(LOADS)
    check_rows(warehouse, expected, run_id)


def check_rows(warehouse, expected, *runs):
    """Compare the rows with the model. For each table, one load of the runs has restored what was damaged."""
    assert {table: rows(warehouse, table) for table in TARGETS} == expected
    query = "select target from etl.loads where run_id = %s and inserted + updated + deleted > 0"
    wrote = Counter(target for run_id in runs for (target,) in warehouse.execute(query, (run_id,)).fetchall())
    assert wrote == dict.fromkeys(TARGETS, 1)


def count_loads(warehouse, run_id):
    [[count]] = warehouse.execute("select count(*) from etl.loads where run_id = %s", (run_id,)).fetchall()
    return count


def end(api, dag_id, run_id):
    wait_until(lambda: api.run_state(dag_id, run_id) in FINISHED, "the run ends")
    assert api.run_state(dag_id, run_id) == "success"


def tries(api, run_id):
    """Return the last try of each task that stages or loads."""
    return {
        task["task_id"]: task["try_number"] for task in api.tasks(LOAD, run_id) if task["task_id"] in STAGING | LOADS
    }


def task(api, dag_id, run_id, task_id):
    [found] = [task for task in api.tasks(dag_id, run_id) if task["task_id"] == task_id]
    return found


def status(redshift):
    return redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]["ClusterStatus"]


@contextmanager
def locked(stack, table):
    """Lock a table in the warehouse in a transaction, until it is rolled back or the block ends."""
    with require_login(stack.settings).connect() as holder:
        holder.autocommit = False
        holder.execute(f"lock {table}")
        yield holder
        holder.rollback()


def kill(daemon):
    """Kill a part of Airflow and its children, as the loss of its machine would."""
    daemon.finish(daemon.members(), deadline=time.monotonic())


def leader_of(daemon):
    return min(daemon.members(), key=lambda process: process.create_time())


@contextmanager
def second_scheduler(stack):
    """A second scheduler beside the stack's, which has begun to schedule."""
    daemon = Daemon("second_scheduler", stack.settings.state)
    program = Path(sys.executable).parent / "airflow"
    daemon.start([program, *COMPONENTS["scheduler"]], stack.airflow_environment() | PREPARED_AHEAD)
    try:
        wait_until(lambda: "Starting the scheduler" in daemon.log.read_text(errors="replace"), "it schedules")
        yield daemon
    finally:
        kill(daemon)


def end_abandoned_transactions(stack):
    """End a transaction of the killed scheduler, as PostgreSQL's idle_in_transaction_session_timeout would.

    The processes of its tasks have inherited its connections, so PostgreSQL does not see that it is gone.
    """
    with psycopg.connect(**stack.metadata.dsn.parameters("postgres"), autocommit=True) as server:
        server.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
            " and state = 'idle in transaction' and state_change < now() - interval '10 seconds'",
            (METADATA,),
        )


@contextmanager
def crashed(server):
    """Kill every process of a PostgreSQL server, as the loss of its machine would; it restarts after the block."""
    with psycopg.connect(**server.dsn.parameters("postgres")) as session:
        main = psutil.Process(session.info.backend_pid).parent()
    # It must not start a process that is not killed.
    main.suspend()
    processes = [main, *main.children()]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    main.wait()
    wait_until(lambda: all(map(has_ended, processes)), "its processes have ended")
    try:
        yield
    finally:
        server.start()


def has_ended(process):
    try:
        # Where no init process reaps orphans, an ended process remains as a zombie.
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def start_what_has_exited(stack):
    """Wait until each part of Airflow has exited or works again, and do what systemd or Kubernetes would."""
    returned = datetime.now(timezone.utc)
    wait_until(lambda: has_settled(stack, returned), "each part of Airflow has exited or works again")
    stack.up()


def has_settled(stack, returned):
    """Whether each part of Airflow has exited, or has sent a heartbeat since its database returned."""
    with psycopg.connect(**stack.metadata.dsn.parameters(METADATA)) as metadata:
        query = "select distinct job_type from job where latest_heartbeat > %s"
        working = {job_type for (job_type,) in metadata.execute(query, (returned,))}
    return all(job in working or not stack.airflow[name].is_running() for name, job in JOBS.items())
