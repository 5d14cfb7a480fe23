"""Only a heartbeat since the component's own start counts."""

import json
import os
import sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler

import pytest

from local.stack.daemon import Daemon, stop_all
from local.stack.health import unhealthy_components
from tests.support.http_server import serving


@pytest.fixture
def components(tmp_path):
    daemons = {name: Daemon(name, tmp_path) for name in ("api_server", "scheduler")}
    for daemon in daemons.values():
        daemon.start([sys.executable, "-c", "import time; time.sleep(600)"], os.environ)
    yield daemons
    stop_all(list(daemons.values()))


@pytest.fixture
def report():
    """A health report to set, and the address of the server that returns it."""
    answer = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    with serving(Handler) as address:
        yield answer, address


def scheduler_report(seconds_from_now, status="healthy"):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds_from_now)
    return {"scheduler": {"status": status, "latest_scheduler_heartbeat": moment.isoformat().replace("+00:00", "Z")}}


def test_heartbeat_since_the_start_is_healthy(components, report):
    answer, url = report
    answer.update(scheduler_report(5))
    assert unhealthy_components(url, components) == []


def test_heartbeat_of_a_previous_process_does_not_count(components, report):
    answer, url = report
    answer.update(scheduler_report(-20))
    assert unhealthy_components(url, components) == ["scheduler"]


def test_component_that_airflow_reports_unhealthy_is_unhealthy(components, report):
    answer, url = report
    answer.update(scheduler_report(5, status="unhealthy"))
    assert unhealthy_components(url, components) == ["scheduler"]


def test_dead_process_is_unhealthy_despite_its_heartbeat(components, report):
    answer, url = report
    answer.update(scheduler_report(5))
    stop_all([components["scheduler"]])
    assert unhealthy_components(url, components) == ["scheduler"]


def test_without_a_response_nothing_is_healthy(components):
    assert unhealthy_components("http://127.0.0.1:1", components) == ["api_server", "scheduler"]
