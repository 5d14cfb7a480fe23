"""The service ``init`` of docker-compose.yaml refuses a ``.env`` of the other target, and Flower's configuration."""

from __future__ import annotations

import os
import subprocess
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from tornado.options import OptionParser

from local.compose_env import STAND_IN_URL
from local.settings import ROOT
from tests.support.http_server import serving
from tests.support.ports import free_port

SCRIPT = ROOT / "compose" / "init.sh"


class Healthy(BaseHTTPRequestHandler):
    """Answers each request with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server():
    """The port of a server that is healthy."""
    with serving(Healthy) as address:
        yield urlsplit(address).port


def init(folder, target, port):
    """Run the script, with the stand-in at a port of this machine."""
    name, _, number = STAND_IN_URL.removeprefix("http://").partition(":")
    (folder / ".curlrc").write_text(f'connect-to = "{name}:{number}:127.0.0.1:{port}"\n')
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "TARGET": target, "AIRFLOW_HOME": str(folder)}
    return subprocess.run(["bash", SCRIPT], env=variables, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("target", "runs", "message"),
    [
        ("local", False, ".env is for the stand-in, which is not running: run docker compose --profile local up."),
        ("aws", True, ".env is for an AWS account, but the stand-in is running: run docker compose"),
        ("azure", True, "TARGET in .env is 'azure': write local, for the stand-in, or aws."),
    ],
)
def test_env_for_the_other_target_is_refused_before_anything_is_done(tmp_path, server, target, runs, message):
    done = init(tmp_path, target, server if runs else free_port())
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [".curlrc"], "the metadata database was created"


@pytest.mark.parametrize(("target", "runs"), [("local", True), ("aws", False)])
def test_env_for_this_target_is_accepted(monkeypatch, tmp_path, server, target, runs):
    program = tmp_path / "airflow"
    program.write_text('#!/bin/sh\necho "$@"; exit 7\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = init(tmp_path, target, server if runs else free_port())
    assert (done.returncode, done.stdout, done.stderr) == (7, "db migrate\n", "")


@pytest.mark.parametrize("password", ["$HOME", "a, b", "~", "%s"])
def test_flower_takes_the_password_as_it_is(monkeypatch, password):
    monkeypatch.setenv("UI_ADMIN_PASSWORD", password)
    options = OptionParser()
    options.define("basic_auth", type=str, multiple=True)
    options.parse_config_file(str(ROOT / "compose" / "flower_config.py"))
    assert options.basic_auth == [f"admin:{password}"]
