"""What a command prints last: the addresses of the running services, and what to do next."""

from __future__ import annotations

from local.settings import Settings
from local.stack.airflow_api import admin_api
from local.stack.dag_ids import LOAD
from local.stack.env_file import env_file
from local.stack.environment import ADMIN, VIEWER
from local.stack.progress import Progress
from local.stack.secret import Secrets


def print_next_steps(settings: Settings, progress: Progress, *, has_report: bool = False) -> None:
    """Print the addresses, how to log in, and how to stop.

    :param has_report: whether the command has published the report.
    """
    secrets = Secrets.of(settings.state)
    page = f"{settings.airflow_url}/warehouse/"
    report = {"Report": f"{page}report/"} if has_report else {}
    lines = {
        "Query": 'make sql Q="select count(*) from songplays"',
        "Notebook": "make notebook",
        "Your shell": f"source {env_file(settings)}",
        "Schedule": _schedule(settings),
        "Stop": "make down",
        "Login": f"{ADMIN} / {secrets.admin_password}   (read only: {VIEWER} / {secrets.viewer_password})",
        "Airflow": settings.airflow_url,
        "Warehouse page": page,
        **report,
    }
    progress.console.print()
    for name, text in lines.items():
        progress.console.print(f"{name + ':':16}{text}", markup=False)


def _schedule(settings: Settings) -> str:
    with admin_api(settings) as api:
        if api.has_dag(LOAD) and not api.is_paused(LOAD):
            return f'{LOAD} runs every hour; to stop that: make airflow ARGS="dags pause --yes {LOAD}"'
    return f'{LOAD} is paused; to run it every hour: make airflow ARGS="dags unpause {LOAD}"'
