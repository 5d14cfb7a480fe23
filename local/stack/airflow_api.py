"""A client of Airflow's REST API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from local.errors import StackError
from local.settings import Settings
from local.stack.environment import ADMIN
from local.stack.secret import Secrets

# A DAG whose file has not been parsed yet is not an error.
NOT_FOUND = httpx.codes.NOT_FOUND

SECONDS = 60

# The page size limit of Airflow.
PAGE = 100

# Airflow creates all runs of a backfill before it responds.
BACKFILL_SECONDS = 600


@dataclass(frozen=True)
class ScheduledRun:
    """The next run of a schedule.

    :param logical_date: its logical date, which is the start of its data interval.
    :param due: when it is created, which is the end of its data interval. For a paused DAG, when it is unpaused.
    """

    logical_date: datetime
    due: datetime

    def next_creation(self, now: datetime) -> datetime:
        """Return when the schedule creates the next run after this moment."""
        return self.due if self.due > now else self.due + (self.due - self.logical_date)


class AirflowApi:
    """A logged-in user of an Airflow instance.

    :param url: the address of the API server.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._login = {"username": username, "password": password}
        self._client = httpx.Client(base_url=url, trust_env=False)

    def __enter__(self) -> AirflowApi:
        answer = self._send("POST", "/auth/token", self._login)
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def has_dag(self, dag_id: str) -> bool:
        """Whether Airflow has parsed a DAG of this id."""
        return self._send("GET", f"/api/v2/dags/{dag_id}", accept=(NOT_FOUND,)).status_code != NOT_FOUND

    def import_errors(self) -> list[str]:
        """Return the file and the last line of each import error."""
        errors = self._send("GET", "/api/v2/importErrors").json()["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def is_paused(self, dag_id: str) -> bool:
        """Whether a DAG is paused."""
        return bool(self._dag(dag_id)["is_paused"])

    def next_scheduled(self, dag_id: str) -> ScheduledRun | None:
        """Return the run that the schedule will create next; None if the DAG has no schedule."""
        dag = self._dag(dag_id)
        if dag["next_dagrun_logical_date"] is None:
            return None
        return ScheduledRun(_moment(dag["next_dagrun_logical_date"]), _moment(dag["next_dagrun_run_after"]))

    def unpause(self, dag_id: str) -> None:
        """Unpause a DAG."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Pause a DAG, so that the scheduler starts no more runs."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}?update_mask=is_paused", {"is_paused": True})

    def trigger(self, dag_id: str, conf: Mapping[str, Any], logical_date: datetime | None = None) -> str:
        """Start a run and return its id. The run of a paused DAG waits until the DAG is unpaused.

        :param logical_date: no other run of the DAG may have this date; None: the run has no date.
        """
        body = {"logical_date": logical_date.isoformat() if logical_date else None, "conf": dict(conf)}
        return str(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body).json()["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        return str(self._send("GET", _run(dag_id, run_id)).json()["state"])

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed; Airflow stops its tasks."""
        self._send("PATCH", f"{_run(dag_id, run_id)}?update_mask=state", {"state": "failed"})

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        page = self._send("GET", f"{_run(dag_id, run_id)}/taskInstances").json()
        found: list[dict[str, Any]] = page["task_instances"]
        return found

    def running_tasks(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the task instances of any run of a DAG that are running now."""
        page = self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances?state=running").json()
        found: list[dict[str, Any]] = page["task_instances"]
        return found

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str) -> None:
        """Respond to a task that waits for a person's decision."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/-1/hitlDetails"
        self._send("PATCH", path, {"chosen_options": [option], "params_input": {}})

    def clear(self, dag_id: str, run_id: str, task_ids: list[str]) -> None:
        """Clear tasks of a run and their downstream tasks, so that they run again."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": task_ids,
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._send("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def start_backfill(
        self,
        dag_id: str,
        first: datetime,
        last: datetime,
        *,
        backwards: bool = False,
        max_active_runs: int = 8,
        reprocess: str = "none",
    ) -> int:
        """Start a backfill and return its id.

        :param first: the logical date of the earliest run.
        :param last: that of the latest run.
        :param reprocess: which existing runs run again: ``none``, ``failed`` or ``completed``, which includes failed
            ones.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "run_backwards": backwards,
            "max_active_runs": max_active_runs,
            "reprocess_behavior": reprocess,
        }
        return int(self._send("POST", "/api/v2/backfills", body, timeout=BACKFILL_SECONDS).json()["id"])

    def backfill_is_complete(self, backfill_id: int) -> bool:
        """Whether Airflow has marked a backfill as completed, which it checks twice a minute."""
        return self._send("GET", f"/api/v2/backfills/{backfill_id}").json()["completed_at"] is not None

    def cancel_backfill(self, backfill_id: int) -> None:
        """Cancel a backfill: its queued runs are marked as failed. Does nothing if it has ended."""
        self._send("PUT", f"/api/v2/backfills/{backfill_id}/cancel", accept=(httpx.codes.CONFLICT,))

    def count_runs(self, dag_id: str, first: datetime, last: datetime, states: Iterable[str] = ()) -> int:
        """Return how many runs of a DAG have a logical date from ``first`` to ``last`` and one of the states."""
        return self._count(f"/api/v2/dags/{dag_id}/dagRuns", first, last, states)

    def count_tasks(self, dag_id: str, first: datetime, last: datetime, states: Iterable[str] = ()) -> int:
        """Return how many task instances the runs with a logical date from ``first`` to ``last`` have."""
        return self._count(f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances", first, last, states)

    def runs(self, dag_id: str, first: datetime, last: datetime, states: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return the runs of a DAG with a logical date from ``first`` to ``last``, ordered by start date."""
        query = [*_between(first, last, states), ("order_by", "start_date"), ("limit", str(PAGE))]
        found: list[dict[str, Any]] = []
        while True:
            path = f"/api/v2/dags/{dag_id}/dagRuns?{urlencode([*query, ('offset', str(len(found)))])}"
            page = self._send("GET", path).json()["dag_runs"]
            found += page
            if len(page) < PAGE:
                return found

    def asset_events(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the Asset events that a run emitted."""
        query = urlencode({"source_dag_id": dag_id, "source_run_id": run_id})
        events: list[dict[str, Any]] = self._send("GET", f"/api/v2/assets/events?{query}").json()["asset_events"]
        return events

    def log(self, dag_id: str, run_id: str, task: Mapping[str, Any]) -> list[str]:
        """Return the log lines of the last try of a task."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
        answer = self._send("GET", f"{path}?map_index={task['map_index']}&full_content=true", accept=(NOT_FOUND,))
        content = [] if answer.status_code == NOT_FOUND else answer.json()["content"]
        return [line for entry in content for line in _log_lines(entry)]

    def _dag(self, dag_id: str) -> dict[str, Any]:
        dag: dict[str, Any] = self._send("GET", f"/api/v2/dags/{dag_id}").json()
        return dag

    def _count(self, path: str, first: datetime, last: datetime, states: Iterable[str]) -> int:
        query = urlencode([*_between(first, last, states), ("limit", "1")])
        return int(self._send("GET", f"{path}?{query}").json()["total_entries"])

    def _send(
        self, method: str, path: str, body: Any = None, *, accept: tuple[int, ...] = (), timeout: float = SECONDS
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body, timeout=timeout)
        except httpx.TransportError as error:
            raise StackError(f"Airflow does not answer at {self._url}: run make up first.") from error
        if answer.is_error and answer.status_code not in accept:
            raise StackError(f"Airflow answered {answer.status_code} to {method} {path}: {_reason(answer)}")
        return answer


def admin_api(settings: Settings) -> AirflowApi:
    """Return the administrator of the local Airflow."""
    return AirflowApi(settings.airflow_url, ADMIN, Secrets.of(settings.state).admin_password)


def _run(dag_id: str, run_id: str) -> str:
    # The time zone in a run id has a plus sign.
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _between(first: datetime, last: datetime, states: Iterable[str]) -> list[tuple[str, str]]:
    dates = [("logical_date_gte", first.isoformat()), ("logical_date_lte", last.isoformat())]
    return dates + [("state", state) for state in states]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _reason(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return answer.text.strip()
    return detail if isinstance(detail, str) else json.dumps(detail)


def _log_lines(entry: str | Mapping[str, Any]) -> list[str]:
    """Return an entry of a task's log and its errors as lines of text."""
    if isinstance(entry, str):
        return [entry]
    level = entry.get("level", "info").upper()
    lines = [f"{level:8}{entry['event']}"]
    lines += [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or []]
    return lines
