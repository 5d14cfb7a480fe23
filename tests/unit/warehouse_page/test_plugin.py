"""The integration of the page into Airflow."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.plugins_manager import AirflowPlugin

from tests.warehouse.warehouse_page.conftest import PAGE
from warehouse_page import LazyPage, navigation
from warehouse_page import plugin as plugin_module

PLUGINS = Path(plugin_module.__file__).parents[1]
HEAVY = ("warehouse_page.app", "airflow.api_fastapi.core_api.security", "redshift_connector", "boto3")


def test_process_that_does_not_serve_the_page_imports_nothing_heavy():
    code = f"import sys, sparkify_warehouse; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_plugin_serves_the_page_and_shows_it_in_the_navigation():
    sys.path.insert(0, str(PLUGINS))
    try:
        import sparkify_warehouse
    finally:
        sys.path.remove(str(PLUGINS))
    [plugin] = [
        one
        for one in vars(sparkify_warehouse).values()
        if isinstance(one, type) and one is not AirflowPlugin and issubclass(one, AirflowPlugin)
    ]
    [app] = plugin.fastapi_apps
    [view] = plugin.external_views
    assert app["url_prefix"] == "/warehouse"
    assert view == {
        "name": "Warehouse",
        "href": "/warehouse/",
        "destination": "nav",
        "nav_top_level": True,
        "url_route": "warehouse",
    }


def test_navigation_entry_respects_the_base_path_of_airflow(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.test/team/")
    assert navigation("Warehouse", "/warehouse/", url_route="warehouse")["href"] == "/team/warehouse/"


def test_concurrent_first_requests_create_one_app(monkeypatch):
    made, answered = [], []

    async def app(scope, receive, send):
        answered.append(scope)

    monkeypatch.setattr(plugin_module, "_page", lambda settings: made.append(settings) or app)
    page = LazyPage(PAGE)

    async def ask():
        await asyncio.gather(*(page({"number": number}, None, None) for number in range(5)))

    asyncio.run(ask())
    assert made == [PAGE]
    assert [scope["number"] for scope in answered] == list(range(5))


def sources(package):
    return sorted((PLUGINS / package).rglob("*.py"))


def imports(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("file", sources("redshift_elt"), ids=lambda file: str(file.relative_to(PLUGINS)))
def test_elt_does_not_depend_on_the_page(file):
    assert not [name for name in imports(file) if name.split(".")[0] in ("warehouse_page", "sparkify_warehouse")]


@pytest.mark.parametrize(
    "file",
    [
        file
        for file in sorted((PLUGINS / "warehouse_page").rglob("*"))
        if file.suffix in (".py", ".js", ".html", ".sql")
    ],
    ids=lambda file: file.name,
)
def test_page_does_not_depend_on_this_warehouse(file):
    text = file.read_text("utf-8").lower()
    assert not [word for word in ("sparkify", "songplays", "artists") if word in text]
