"""Runs the tasks of sparkify_etl against the stand-in one by one, without Airflow's processes."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.common.compat.sdk import AirflowSkipException

from local.settings import ROOT
from local.stack.environment import CLUSTER
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from tests.support.airflow_versions import DagBag
from tests.support.variables import VARIABLES

BUCKET = "sparkify-tests"
BY_PASSWORD = "warehouse_by_password"
TARGETS = ("songplays", "users", "songs", "artists", "time")
BOOKKEEPING = (
    "etl.loads",
    "etl.loaded_files",
    "etl.listings",
    "etl.check_results",
    "etl.rejects",
    "etl.schema_drift",
    "etl.snapshots",
    "etl.loaded_periods",
    "etl.user_records",
    "etl.artist_records",
)
_TABLES_OF_RUNS = (
    "select schemaname, tablename from pg_tables where schemaname in ('public', 'etl') and strpos(tablename, '__') > 0"
)
STAGING = ("stage_events", "stage_songs")
LOADS = tuple(f"load_{target}" for target in TARGETS)
TASKS = (*STAGING, *LOADS, "check_star_schema", "clean_up")


@dataclass(frozen=True)
class Run:
    """One run of the DAG. Its tasks can be executed in any order and repeatedly."""

    dag: Any
    run_id: str
    params: dict[str, Any]
    hook: Any
    s3: Any
    run_type: str = "manual"
    tries: Counter[str] = field(default_factory=Counter)
    xcoms: dict[str, Any] = field(default_factory=dict)
    executed: dict[str, Any] = field(default_factory=dict)
    outlet_events: dict[Any, SimpleNamespace] = field(default_factory=lambda: defaultdict(SimpleNamespace))

    def execute(self, task_id: str, *, skips: bool = False) -> Any:
        """Render and execute one task, as Airflow does.

        :param skips: raise the skip of a load that had nothing to write, instead of returning its counts.
        """
        task = self.dag.get_task(task_id)
        self.tries[task_id] += 1
        context = self._context(task)
        task = copy.copy(task)
        # Creating AWS clients for each task would take longer than everything else in these tests.
        task.__dict__["_hook"] = self.hook
        task.__dict__["s3"] = self.s3
        task.render_template_fields(context, self.dag.get_template_env())
        self.executed[task_id] = task
        try:
            self.xcoms[task_id] = task.execute(context)
            return self.xcoms[task_id]
        except AirflowSkipException:
            if skips:
                raise
            # The XCom that a load with nothing to write leaves for the UI.
            return context["ti"].returned["return_value"]

    def complete(self, loads: Iterable[str] = LOADS) -> dict[str, Any]:
        """Execute every task, the loads in the given order, and return their results."""
        return {task_id: self.execute(task_id) for task_id in (*STAGING, *loads, *TASKS[-2:])}

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        # Read once per run: validating them against their schemas takes a tenth of the time of a run.
        return self.dag.params.dump()

    def _context(self, task: Any) -> dict[str, Any]:
        returned = {}
        instance = SimpleNamespace(
            dag_id=self.dag.dag_id,
            run_id=self.run_id,
            task_id=task.task_id,
            try_number=self.tries[task.task_id],
            returned=returned,
            xcom_push=lambda key, value: returned.update({key: value}),
            xcom_pull=lambda *, task_ids: self.xcoms.get(task_ids),
        )
        moment = datetime(2018, 11, 1, tzinfo=timezone.utc)
        return {
            "dag": self.dag,
            "dag_run": SimpleNamespace(
                dag_id=self.dag.dag_id, run_id=self.run_id, run_after=moment, run_type=self.run_type
            ),
            "ti": instance,
            "run_id": self.run_id,
            "params": {**self._defaults, **self.params},
            "task": task,
            "var": VARIABLES,
            "outlet_events": self.outlet_events,
        }


class WarehouseUnderTest:
    """An empty star schema on the stand-in, its bucket, and runs of the DAG that loads it.

    :param conn_id: the connection of its tasks. ``redshift_default`` asks AWS for a temporary password each time, as
        the DAGs do; :data:`BY_PASSWORD` does not, for tests that are about something else.
    :param superuser: libpq's parameters of a superuser of its database, who empties it quickly.
    """

    def __init__(self, s3: Any, conn_id: str = "redshift_default", superuser: Mapping[str, Any] | None = None) -> None:
        self.s3 = s3
        self.dag = DagBag(ROOT / "dags", bundle_path=ROOT / "dags").dags["sparkify_etl"]
        self._runs = 0
        self._superuser = superuser
        self._hook = warehouse_hook(conn_id)
        self._s3_hook = S3Hook()

    def run(self, start: str | None = None, end: str | None = None, run_type: str = "manual", **params: Any) -> Run:
        """Return a new run for a window of two ISO 8601 times; without them, the params decide."""
        self._runs += 1
        window = {"window_start": start, "window_end": end}
        params = {"bucket": BUCKET, **window, "confirm_delete": CLUSTER, **params}
        return Run(self.dag, f"test-{self._runs}", params, self._hook, self._s3_hook, run_type)

    def through(self, conn_id: str) -> WarehouseUnderTest:
        """Return the same warehouse with another Airflow connection."""
        other = copy.copy(self)
        other._hook = warehouse_hook(conn_id)
        return other

    def upload(self, directory: Path) -> None:
        """Upload every file of a directory to the bucket, with its path as the key."""
        for file in sorted(directory.rglob("*")):
            if file.is_file():
                self.put(str(file.relative_to(directory)), file.read_bytes())

    def put(self, key: str, body: bytes) -> None:
        """Upload one object to the bucket."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def empty(self) -> None:
        """Delete every row and every object. Only the warehouse of :func:`new_warehouse` can do this."""
        assert self._superuser is not None
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
            if keys:
                self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys, "Quiet": True})

        # As one message, and without a login by the endpoint: this is done before each test.
        deletes = "; ".join(f"delete from {table}" for table in (*TARGETS, *BOOKKEEPING))
        with psycopg.connect(**self._superuser, autocommit=True) as connection:
            connection.execute(deletes.encode())
            left = connection.execute(_TABLES_OF_RUNS).fetchall()
        if left:
            in_transaction(self._hook, lambda session: [session.execute(f'drop table {s}."{t}"') for s, t in left])

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return in_transaction(self._hook, lambda session: session.fetch(sql, values))

    def execute(self, sql: str) -> int:
        """Execute a statement in a separate transaction."""

        def work(session: Session) -> int:
            return session.execute(sql)

        return in_transaction(self._hook, work)

    def star_schema(self) -> dict[str, set[tuple[Any, ...]]]:
        """Return the rows of the five targets from one snapshot; fail if a row occurs twice."""

        def work(session: Session) -> dict[str, set[tuple[Any, ...]]]:
            rows = {table: session.fetch(f"select * from {table}") for table in TARGETS}
            assert all(len(set(found)) == len(found) for found in rows.values()), "a row stands twice"
            return {table: set(found) for table, found in rows.items()}

        return in_transaction(self._hook, work)

    def tables_of_runs(self) -> list[tuple[str, str]]:
        """Return schema and name of the tables of single runs."""
        return self.query(_TABLES_OF_RUNS)
