"""Airflow's REST API, used as a user's script would use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from local.errors import StackError

# A DAG file that is still being parsed is not an error yet.
NOT_FOUND = httpx.codes.NOT_FOUND


class AirflowApi:
    """A logged-in user of one Airflow.

    :param url: the address of the API server.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._login = {"username": username, "password": password}
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=60)

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
        """Return the file and the last line of each error that kept a DAG file from being parsed."""
        errors = self._send("GET", "/api/v2/importErrors").json()["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run a DAG."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Start a run and return its id."""
        body = {"logical_date": None, "conf": dict(conf)}
        return self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body).json()["dag_run_id"]

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        return self._send("GET", _run(dag_id, run_id)).json()["state"]

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed; Airflow stops its tasks."""
        self._send("PATCH", f"{_run(dag_id, run_id)}?update_mask=state", {"state": "failed"})

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        return self._send("GET", f"{_run(dag_id, run_id)}/taskInstances").json()["task_instances"]

    def clear(self, dag_id: str, run_id: str, task_ids: list[str]) -> None:
        """Let tasks of a run, and what depends on them, run again."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": task_ids,
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._send("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def log(self, dag_id: str, run_id: str, task: Mapping[str, Any]) -> list[str]:
        """Return the lines that the last try of a task logged."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
        answer = self._send("GET", f"{path}?map_index={task['map_index']}&full_content=true", accept=(NOT_FOUND,))
        content = [] if answer.status_code == NOT_FOUND else answer.json()["content"]
        return [line for entry in content for line in _log_lines(entry)]

    def _send(self, method: str, path: str, body: Any = None, *, accept: tuple[int, ...] = ()) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise StackError(f"Airflow does not answer at {self._url}: run make up first.") from error
        if answer.is_error and answer.status_code not in accept:
            raise StackError(f"Airflow answered {answer.status_code} to {method} {path}: {_reason(answer)}")
        return answer


def _run(dag_id: str, run_id: str) -> str:
    # The time zone in a run id has a plus sign.
    return f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _reason(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return answer.text.strip()
    return detail if isinstance(detail, str) else json.dumps(detail)


def _log_lines(entry: str | Mapping[str, Any]) -> list[str]:
    """Return an entry of a task's log, and the errors that it carries, as lines of text."""
    if isinstance(entry, str):
        return [entry]
    level = entry.get("level", "info").upper()
    lines = [f"{level:8}{entry['event']}"]
    lines += [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or []]
    return lines
