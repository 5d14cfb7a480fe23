"""docker-compose.yaml: valid, complete without secrets of its own, and safe by default; no Docker engine is needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml

from local.compose_demo import ComposeSettings
from local.compose_env import write_env
from local.errors import StackError
from local.settings import ROOT
from tests.support.compose_file import ComposeError, in_order, interpolate, read_env, resolve

FILE = ROOT / "docker-compose.yaml"
SERVICES = yaml.safe_load(FILE.read_text())["services"]
ONE_SHOT = {"init", "demo"}
SECRETS = (
    "FERNET_KEY",
    "API_SECRET_KEY",
    "JWT_SECRET",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "UI_ADMIN_PASSWORD",
    "UI_VIEWER_PASSWORD",
)


@pytest.fixture
def environ(tmp_path):
    """The variables of a new ``.env`` for the stand-in."""
    write_env(tmp_path / ".env", "local")
    return read_env(tmp_path / ".env")


def test_file_is_valid_by_the_compose_specification():
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_profiles_start_what_they_promise(environ):
    airflow = {"postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert set(resolve(FILE, environ)) == airflow
    assert set(resolve(FILE, environ, {"local"})) == airflow | {"stand-in", "demo"}
    assert set(resolve(FILE, environ, {"flower"})) == airflow | {"flower"}


def test_services_start_after_what_they_need(environ):
    order = [service.name for service in in_order(resolve(FILE, environ, {"local"}))]
    for first, second in (("postgres", "init"), ("redis", "worker"), ("init", "api-server"), ("api-server", "worker")):
        assert order.index(first) < order.index(second)
    assert order[-1] == "demo"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_is_checked_limited_restarted_and_not_root(name):
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert ("healthcheck" in service) == (name not in ONE_SHOT)
    assert service["logging"]["options"]["max-size"]
    # The other two images begin as root to give their folder away, and serve as users of their own.
    if name not in ("postgres", "redis"):
        assert service["user"] == "${AIRFLOW_UID:-50000}:0"
    assert not service.get("privileged")
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "a port is open to the network"


def test_images_are_pinned_by_version_and_digest():
    named = [service["image"] for service in SERVICES.values() if "build" not in service]
    named += re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(named) == 3
    for image in named:
        assert re.fullmatch(r"[\w/]+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}", image), image


def test_image_has_the_airflow_that_is_tested():
    requirements = (ROOT / "requirements.txt").read_text()
    version = re.search(r"^apache-airflow==(\S+)", requirements, re.MULTILINE)[1]
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert f"apache/airflow:{version}-python" in dockerfile
    assert f"airflow version | grep -qx {version}" in dockerfile


@pytest.mark.parametrize("name", SECRETS)
def test_missing_secret_is_one_clear_line(environ, name):
    del environ[name]
    with pytest.raises(
        ComposeError, match=f"required variable {name} is missing a value: is missing in .env, run make"
    ):
        resolve(FILE, environ)


def test_bucket_that_was_not_filled_in_is_one_clear_line(tmp_path):
    write_env(tmp_path / ".env", "aws")
    with pytest.raises(ComposeError, match="required variable SPARKIFY_BUCKET is missing a value: is empty in"):
        resolve(FILE, read_env(tmp_path / ".env"))


def test_file_has_no_secret_of_its_own():
    text = FILE.read_text()
    for name in re.findall(r"\b([A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*): (.+)", text):
        assert re.match(r"(&\S+ )?\$\{|\*|/opt/airflow/auth", name[1]), name


def test_certificate_is_only_trusted_with_the_stand_in(environ):
    assert resolve(FILE, environ)["worker"].environment["SSL_CERT_FILE"] == "/opt/stand-in/tls/bundle.pem"
    del environ["SSL_CERT_FILE"]
    assert "SSL_CERT_FILE" not in resolve(FILE, environ)["worker"].environment


def test_connection_to_the_stand_in_names_its_service(environ):
    services = resolve(FILE, environ, {"local"})
    endpoint = json.loads(services["worker"].environment["AIRFLOW_CONN_AWS_DEFAULT"])["extra"]["endpoint_url"]
    assert endpoint == f"http://{services['stand-in'].environment['REDSHIFT_STANDIN_HOST_NAME']}:5000"


def test_demo_names_the_address_at_which_users_reach_airflow(environ):
    address = "https://airflow.example"
    demo = resolve(FILE, {**environ, "AIRFLOW_BASE_URL": address}, {"local"})["demo"]
    assert ComposeSettings.of(demo.environment).base_url == address


def test_demo_refuses_an_account(environ):
    account = json.dumps({"conn_type": "aws", "extra": {"region_name": "us-west-2"}})
    demo = resolve(FILE, {**environ, "AIRFLOW_CONN_AWS_DEFAULT": account}, {"local"})["demo"]
    with pytest.raises(StackError, match="names an AWS account, and the profile local is for the stand-in"):
        ComposeSettings.of(demo.environment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A ${A} $$A", "a b$c a b$c $A"),
        ("${EMPTY:-default} ${EMPTY-default}", "default "),
        ("${NONE:-x y} ${NONE-} ${A:-x}", "x y  a b$c"),
    ],
)
def test_variables_are_interpolated_as_the_specification_says(text, expected):
    assert interpolate(text, {"A": "a b$c", "EMPTY": ""}) == expected
