"""Only users who can read its DAG can see the page."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.warehouse.warehouse_page.conftest import DAG, PAGE
from warehouse_page.app import page_app

FILLED = {"name": "page.js", "name:path": "index.html"}


def paths():
    """Every route of the app with values for its parameters, including routes that are added later."""
    found = []
    for route in page_app(PAGE).routes:
        # Only these routes have the app's dependencies; a mount, for example, does not.
        assert isinstance(route, APIRoute), route
        assert route.methods == {"GET"}
        found.append(re.sub(r"{([^}]+)}", lambda part: FILLED[part[1]], route.path))
    return found


def test_routes_are_found():
    assert {"/", "/static/page.js", "/data/runs", "/data/warehouse", "/data/report", "/report/index.html"} <= set(
        paths()
    )


@pytest.mark.parametrize("path", paths())
def test_anonymous_requests_are_refused_everywhere(client, path):
    assert client(None).get(path).status_code == 401


@pytest.mark.parametrize("path", paths())
def test_invalid_token_is_refused_everywhere(client, path):
    page = client(None)
    page.cookies.set("_token", "x")
    assert page.get(path).status_code in (401, 403)


@pytest.mark.parametrize("path", paths())
@pytest.mark.parametrize("trick", ["", "?dag_id=other_dag"])
def test_user_of_another_dag_is_refused_everywhere(client, path, trick):
    assert client("other_dag").get(path + trick).status_code == 403


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_routes_have_no_api_docs(client, path):
    assert client(None).get(path).status_code == 404


def test_browser_is_redirected_to_the_login_and_back(client):
    page = FastAPI()
    page.mount("/warehouse", client(None).app)
    answer = TestClient(page, follow_redirects=False).get(
        "/warehouse/", headers={"accept": "text/html,application/xhtml+xml"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/api/v2/auth/login?next=%2Fwarehouse%2F"


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/static/page.css", "/data/runs"])
def test_user_who_can_read_the_dag_sees_the_page(client, new_run, path):
    answer = client(DAG).get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2Fapp.py", "%2e%2e/app.py", "page.py", "sql", "..%5Capp.py"])
def test_only_static_files_are_served(client, name):
    assert client(DAG).get(f"/static/{name}").status_code == 404
