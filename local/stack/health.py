"""The health of Airflow's components: whether they are alive and have sent a heartbeat since they were started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import httpx

from local.stack.daemon import Daemon

API_SERVER = "api_server"


def unhealthy_components(url: str, components: Mapping[str, Daemon]) -> list[str]:
    """Return the names of the components that are not healthy yet.

    Airflow reports the latest heartbeat in its database, which may come from a process that has just been stopped.
    Only a heartbeat after the component's own start counts.

    :param url: the address of the API server.
    :param components: the processes by their names in the report.
    """
    report = _report(url)
    if report is None or not components[API_SERVER].is_running():
        return list(components)
    return [
        name
        for name, daemon in components.items()
        if name != API_SERVER
        and not (daemon.is_running() and _is_healthy(report.get(name) or {}, name, daemon.started))
    ]


def _report(url: str) -> dict[str, dict[str, str | None]] | None:
    try:
        answer = httpx.get(f"{url}/api/v2/monitor/health", trust_env=False, timeout=10)
    except httpx.TransportError:
        return None
    return answer.json() if answer.status_code == httpx.codes.OK else None


def _is_healthy(report: Mapping[str, str | None], name: str, started: float) -> bool:
    heartbeat = report.get(f"latest_{name}_heartbeat")
    if report.get("status") != "healthy" or not heartbeat:
        return False
    return datetime.fromisoformat(heartbeat.replace("Z", "+00:00")).timestamp() >= started
