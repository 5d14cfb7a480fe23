"""The FAB auth manager and Flower of docker-compose.yaml, as processes, without the other services.

``python -m tests.support.compose_users_run ENV PROGRAMS`` needs root. The last line of the output is JSON: the answers
to right and wrong logins, before and after the passwords in ``.env`` are changed.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.support.compose_containers import Project, enter_namespaces, say, wait_until
from tests.support.compose_file import read_env

AIRFLOW = "http://api-server:8080"
FLOWER = "http://flower:5555"
_CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def main(env_file: str, programs: str) -> None:
    """Run it in the namespaces, and print the result."""
    enter_namespaces("tests.support.compose_users_run", [env_file, programs])
    environ = read_env(Path(env_file))
    admin, viewer = environ["UI_ADMIN_PASSWORD"], environ["UI_VIEWER_PASSWORD"]
    project = Project(environ, {"flower"}, Path(programs))
    project.up(["postgres", "redis", "init", "api-server", "worker", "flower"])
    for name in ("worker", "flower"):
        project.wait_for(name)
    result: dict[str, Any] = {
        "token": {
            "admin": _token("admin", admin).status_code,
            "viewer": _token("viewer", viewer).status_code,
            "wrong": _token("admin", viewer).status_code,
        },
        "form": {"right": _form("admin", admin), "wrong": _form("admin", viewer)},
        "change": {name: _change(name, password) for name, password in (("admin", admin), ("viewer", viewer))},
        "flower": {
            "none": httpx.get(FLOWER).status_code,
            "wrong": httpx.get(FLOWER, auth=("admin", viewer)).status_code,
            "part": httpx.get(FLOWER, auth=("admin", admin.partition(",")[0])).status_code,
            "right": httpx.get(FLOWER, auth=("admin", admin)).status_code,
        },
        "workers": _workers(admin),
        "before": _hashes(environ["POSTGRES_PASSWORD"]),
    }
    _change_passwords(project, {"UI_ADMIN_PASSWORD": viewer, "UI_VIEWER_PASSWORD": admin})
    result["changed"] = {
        "admin": _token("admin", viewer).status_code,
        "viewer": _token("viewer", admin).status_code,
        "old": _token("admin", admin).status_code,
    }
    result["after"] = _hashes(environ["POSTGRES_PASSWORD"])
    say(json.dumps(result))


def _token(user: str, password: str) -> httpx.Response:
    """Log in as a program does."""
    return httpx.post(f"{AIRFLOW}/auth/token", json={"username": user, "password": password}, timeout=60)


def _form(user: str, password: str) -> bool:
    """Log in as a person does, and return whether Airflow then knows the user."""
    with httpx.Client(base_url=AIRFLOW, follow_redirects=True, timeout=60) as browser:
        found = _CSRF.search(browser.get("/auth/login/").text)
        assert found, "the form has no token"
        browser.post("/auth/login/", data={"username": user, "password": password, "csrf_token": found[1]})
        return browser.get("/ui/auth/me").status_code == httpx.codes.OK


def _change(user: str, password: str) -> int:
    """Create a pool, which only the administrator may do."""
    headers = {"Authorization": f"Bearer {_token(user, password).json()['access_token']}"}
    body = {"name": user, "slots": 1}
    return httpx.post(f"{AIRFLOW}/api/v2/pools", json=body, headers=headers, timeout=60).status_code


def _workers(password: str) -> list[str]:
    """Return the workers that Flower shows, once it has heard of one."""
    found: list[str] = []

    def has_workers() -> bool:
        answer = httpx.get(f"{FLOWER}/workers", params={"json": "1"}, auth=("admin", password))
        found[:] = [worker["hostname"] for worker in answer.raise_for_status().json()["data"]]
        return bool(found)

    wait_until(has_workers, "Flower shows a worker")
    return found


def _hashes(password: str) -> dict[str, str]:
    with psycopg.connect(host="postgres", dbname="airflow", user="airflow", password=password) as connection:
        return dict(connection.execute("select username, password from ab_user").fetchall())


def _change_passwords(project: Project, passwords: dict[str, str]) -> None:
    """Run the service ``init`` with other passwords, as after a change of ``.env``."""
    [init] = project["init"]
    init.service = replace(init.service, environment={**init.service.environment, **passwords})
    init.start()
    project.wait_for("init", "service_completed_successfully")


if __name__ == "__main__":
    main(*sys.argv[1:])
