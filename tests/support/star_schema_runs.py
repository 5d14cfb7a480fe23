"""Runs of sparkify_etl in a real Airflow: the rows of the tables, work for the loads, and what the tasks are doing."""

from __future__ import annotations

import os
from typing import Any

import psutil
import psycopg

from local.stack.airflow_api import AirflowApi
from local.stack.dag_ids import LOAD
from local.stack.stack import Stack
from tests.model import star_schema as model

TARGETS = ("songplays", "users", "songs", "artists", "time")


def rows(warehouse: psycopg.Connection, table: str) -> Any:
    """Return the rows of a table in the form of the model."""
    return model.comparable(warehouse.execute(f"select * from {table}").fetchall())


def damage(warehouse: psycopg.Connection) -> dict[str, Any]:
    """Delete rows from every target, so that each load has work to do, and return the remaining rows."""
    for table, condition in {
        "songplays": "session_id % 2 = 0",
        "users": "user_id % 2 = 0",
        "songs": "len(title) % 2 = 0",
        "artists": "len(name) % 2 = 0",
        "time": "hour % 2 = 0",
    }.items():
        warehouse.execute(f"delete from {table} where {condition}")
    return {table: rows(warehouse, table) for table in TARGETS}


def waiting_for_locks(stack: Stack, api: AirflowApi, run_id: str) -> int:
    """Return how many sessions wait for a lock, according to PostgreSQL."""
    assert api.run_state(LOAD, run_id) != "failed"
    with psycopg.connect(**stack.postgres.dsn.parameters("postgres")) as connection:
        query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        return connection.execute(query).fetchone()[0]


def task_processes(stack: Stack) -> list[psutil.Process]:
    """Return the processes that run tasks: children of the scheduler with their own process groups."""
    return [
        process
        for process in stack.airflow["scheduler"].members()
        if os.getpgid(process.pid) == process.pid and os.getsid(process.pid) != process.pid
    ]


def states(api: AirflowApi, run_id: str, tasks: set[str]) -> set[str | None]:
    """Return the states of some tasks of a run."""
    return {task["state"] for task in api.tasks(LOAD, run_id) if task["task_id"] in tasks}
