"""The Warehouse page in a real Airflow: navigation and access."""

from __future__ import annotations

import httpx
import pytest

from local.stack.airflow_api import AirflowApi
from local.stack.environment import ADMIN, VIEWER
from local.stack.secret import Secrets

pytestmark = pytest.mark.long("the page in a real Airflow")

LOAD = "sparkify_etl"


@pytest.fixture(scope="module")
def token(stack):
    """A viewer's token, as in the browser's cookie."""
    login = {"username": VIEWER, "password": Secrets.of(stack.settings.state).viewer_password}
    answer = httpx.post(f"{stack.settings.airflow_url}/auth/token", json=login, trust_env=False)
    return answer.json()["access_token"]


@pytest.fixture
def anonymous(stack):
    with httpx.Client(base_url=stack.settings.airflow_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def viewer(anonymous, token):
    anonymous.cookies.set("_token", token)
    return anonymous


def test_navigation_has_the_page(viewer):
    plugins = viewer.get("/api/v2/plugins").json()["plugins"]
    [plugin] = [one for one in plugins if one["name"] == "sparkify_warehouse"]
    [view] = plugin["external_views"]
    assert (view["name"], view["href"], view["destination"], view["nav_top_level"]) == (
        "Warehouse",
        "/warehouse/",
        "nav",
        True,
    )
    assert viewer.get("/api/v2/plugins/importErrors").json()["total_entries"] == 0


@pytest.mark.parametrize("path", ["/warehouse/", "/warehouse/data/runs", "/warehouse/static/page.js"])
def test_anonymous_user_is_refused_and_viewer_is_not(anonymous, token, path):
    assert anonymous.get(path).status_code == 401
    anonymous.cookies.set("_token", token)
    assert anonymous.get(path).status_code == 200


def test_browser_returns_to_the_page_after_the_login(anonymous):
    answer = anonymous.get("/warehouse/", headers={"accept": "text/html"}, follow_redirects=True)
    assert answer.url.path == "/auth/login"
    assert answer.url.params["next"] == "/warehouse/"


def test_page_shows_the_runs_of_airflow(stack, viewer):
    with AirflowApi(stack.settings.airflow_url, ADMIN, Secrets.of(stack.settings.state).admin_password) as api:
        api.pause(LOAD)
        window = {"window_start": "2018-11-15T00:00:00Z", "window_end": "2018-11-16T00:00:00Z"}
        run_id = api.trigger(LOAD, window)
    try:
        answer = viewer.get("/warehouse/data/runs").json()
    finally:
        with AirflowApi(stack.settings.airflow_url, ADMIN, Secrets.of(stack.settings.state).admin_password) as api:
            api.fail_run(LOAD, run_id)
    assert answer["dag_id"] == LOAD
    [run] = [run for run in answer["runs"] if run["run_id"] == run_id]
    assert run["state"] in ("queued", "running")
    assert run["window"] == ["2018-11-15T00:00:00Z", "2018-11-16T00:00:00Z"]


def test_api_server_process_finds_the_connection(viewer):
    """With or without a cluster, the response is about the cluster, and not about a missing connection."""
    answer = viewer.get("/warehouse/data/warehouse").json()
    assert "tables" in answer or "cluster 'sparkify'" in answer["message"]
