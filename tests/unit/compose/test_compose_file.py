"""docker-compose.yaml: valid, complete without secrets of its own, and safe by default; no Docker engine is needed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from packaging.requirements import Requirement

from local.compose_demo import ComposeSettings
from local.compose_env import write_env
from local.errors import StackError
from local.settings import ROOT
from tests.support.commands import is_airflow_option
from tests.support.compose_file import ComposeError, in_order, interpolate, read_env, resolve

FILE = ROOT / "docker-compose.yaml"
SERVICES = yaml.safe_load(FILE.read_text())["services"]
DOCKERFILE = ROOT / "Dockerfile"
AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
ONE_SHOT = {"init", "demo"}
REQUIRED = sorted(set(re.findall(r"\$\{(\w+):\?is missing", FILE.read_text())))


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
    airflow = {"postgres", "redis", "init", *AIRFLOW}
    assert set(resolve(FILE, environ)) == airflow
    assert set(resolve(FILE, environ, {"local"})) == airflow | {"stand-in", "demo"}
    assert set(resolve(FILE, environ, {"flower"})) == airflow | {"flower"}


def test_services_start_after_what_they_need(environ):
    order = [service.name for service in in_order(resolve(FILE, environ, {"local"}))]
    for first, second in (("postgres", "init"), ("stand-in", "init"), ("redis", "worker"), ("api-server", "worker")):
        assert order.index(first) < order.index(second)
    assert order[-1] == "demo"


def test_airflow_starts_after_a_successful_init_without_the_stand_in_too(environ):
    services = resolve(FILE, environ, {"flower"})
    assert services["init"].depends_on == {"postgres": "service_healthy"}
    for name in (*AIRFLOW, "flower"):
        assert services[name].depends_on["init"] == "service_completed_successfully", name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_is_checked_limited_restarted_and_not_root(name):
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert ("healthcheck" in service) == (name not in ONE_SHOT)
    assert service["logging"]["options"]["max-size"]
    # The other two images begin as root to give their folder away, and serve as users of their own.
    if name not in ("postgres", "redis"):
        assert interpolate(service["user"], {}) == "50000:0"
        assert interpolate(service["user"], {"AIRFLOW_UID": "1234"}) == "1234:0"
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "a port is open to the network"


def test_health_check_of_each_service_has_limits():
    for name in set(SERVICES) - ONE_SHOT:
        assert {"test", "interval", "timeout", "retries"} <= set(SERVICES[name]["healthcheck"]), name


def test_services_have_time_to_start_on_a_small_machine():
    """The scheduler took almost three minutes on a busy one, and with less, Docker Compose did not start the demo."""
    for name in set(SERVICES) - ONE_SHOT:
        minutes = re.fullmatch(r"(\d+)m", SERVICES[name]["healthcheck"].get("start_period", ""))
        assert minutes, name
        assert int(minutes[1]) >= 10, name


def test_health_checks_cost_little():
    """A check that starts Python takes seconds of CPU time, so it is rare in a service that is healthy."""
    for name in set(SERVICES) - ONE_SHOT:
        check = SERVICES[name]["healthcheck"]
        starts_python = not re.match(r"curl|pg_isready|redis-cli", check["test"][1])
        assert starts_python == (name in {"dag-processor", "triggerer", "worker"}), name
        assert not starts_python or (check["interval"], check["start_interval"]) == ("2m", "10s"), name


def test_services_use_what_is_an_option_of_airflow(environ):
    found = {name for service in resolve(FILE, environ, {"local", "flower"}).values() for name in service.environment}
    options = [re.fullmatch(r"AIRFLOW__([A-Z_]+?)__([A-Z_]+?)(?:_CMD)?", name) for name in sorted(found)]
    settings = [option for option in options if option]
    assert len(settings) > 10
    for option in settings:
        assert is_airflow_option(option[1].lower(), option[2].lower()), option[0]


def test_workers_can_be_scaled(environ):
    assert resolve(FILE, environ)["worker"].replicas == 2
    assert resolve(FILE, {**environ, "AIRFLOW_WORKERS": "5"})["worker"].replicas == 5
    # A second container could have neither the same name nor the same port.
    assert not {"container_name", "hostname", "ports"} & set(SERVICES["worker"])


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://localhost:8080"),
        ({"AIRFLOW_PORT": "9090"}, "http://localhost:9090"),
        ({"AIRFLOW_PORT": "9090", "AIRFLOW_BASE_URL": "https://airflow.example"}, "https://airflow.example"),
    ],
)
def test_airflow_and_the_demo_name_the_address_of_airflow_for_users(environ, given, address):
    services = resolve(FILE, {**environ, **given}, {"local"})
    for name in ("init", *AIRFLOW):
        assert services[name].environment["AIRFLOW__API__BASE_URL"] == address
    assert ComposeSettings.of(services["demo"].environment).base_url == address
    [port] = SERVICES["api-server"]["ports"]
    assert interpolate(port, given) == f"127.0.0.1:{given.get('AIRFLOW_PORT', '8080')}:8080"


def test_each_image_is_built_by_one_service_and_never_pulled(environ):
    """Several would each build their own, with one name, and the next ``up`` would replace the other containers."""
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == ["sparkify-warehouse-airflow", "sparkify-warehouse-local"]
    for profiles in (set(), {"local"}, {"flower"}, {"local", "flower"}):
        for service in resolve(FILE, environ, profiles).values():
            assert bool(service.target) == (service.image in built), service.name


def test_images_are_pinned_by_version_and_digest():
    built = {service["image"] for service in SERVICES.values() if "build" in service}
    named = [service["image"] for service in SERVICES.values() if service["image"] not in built]
    named += re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(named) == 3
    for image in named:
        assert re.fullmatch(r"[\w/]+:\d+\.\d+[\w.-]*@sha256:[0-9a-f]{64}", image), image


def test_image_has_the_airflow_that_is_tested():
    requirements = (ROOT / "requirements.txt").read_text()
    version = re.search(r"^apache-airflow==(\S+)", requirements, re.MULTILINE)[1]
    dockerfile = DOCKERFILE.read_text()
    assert f"apache/airflow:{version}-python" in dockerfile
    assert f"airflow version | grep -x {version}" in dockerfile


def test_image_has_the_wheel_and_the_locked_packages_with_those_of_its_extra():
    stage = DOCKERFILE.read_text().partition(" AS airflow\n")[2]
    assert "pip install --no-cache-dir --require-hashes -r /opt/airflow/requirements-image.txt" in stage
    assert "/dist/sparkify_warehouse-*.whl" in stage
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements-image.txt").read_text(), re.MULTILINE)
    [extra] = re.findall(r"^report = \[(.+)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    needed = [Requirement(each) for each in re.findall(r'"([^"]+)"', extra)]
    assert [each.name for each in needed] == ["matplotlib"]
    for each in needed:
        versions = [version for name, version in locked if name == each.name]
        assert versions
        assert all(each.specifier.contains(version) for version in versions)


def test_images_do_not_run_as_root():
    assert re.findall(r"^USER (.+)$", DOCKERFILE.read_text(), re.MULTILINE) == ["root", "airflow"]


@pytest.mark.parametrize("name", REQUIRED)
def test_missing_variable_is_one_clear_line(environ, name):
    del environ[name]
    with pytest.raises(
        ComposeError, match=f"required variable {name} is missing a value: is missing in .env, run make"
    ):
        resolve(FILE, environ)


def test_make_env_writes_what_is_required(environ):
    optional = {"AIRFLOW_UID", "TRUSTED_CERTIFICATES"}
    assert set(environ) == {*REQUIRED, "SPARKIFY_BUCKET", "SPARKIFY_REGION", *optional}


@pytest.mark.parametrize("name", ["SPARKIFY_BUCKET", "SPARKIFY_REGION"])
def test_what_an_account_needs_and_was_not_filled_in_is_one_clear_line(tmp_path, name):
    write_env(tmp_path / ".env", "aws")
    given = {**read_env(tmp_path / ".env"), "SPARKIFY_BUCKET": "mine", "SPARKIFY_REGION": "eu-west-1", name: ""}
    with pytest.raises(ComposeError, match=f"required variable {name} is missing a value: is empty in .env, write"):
        resolve(FILE, given)


@pytest.mark.parametrize("target", ["local", "aws"])
def test_region_is_only_that_of_the_file(tmp_path, target):
    write_env(tmp_path / ".env", target)
    given = {**read_env(tmp_path / ".env"), "SPARKIFY_BUCKET": "mine", "SPARKIFY_REGION": "eu-south-2"}
    for service in resolve(FILE, given, {"local"} if target == "local" else set()).values():
        assert not re.search(r"us-west-2|region_name|\"region\"", " ".join(service.environment.values())), service.name
        if "AIRFLOW_CONN_AWS_DEFAULT" in service.environment:
            assert service.environment["AWS_DEFAULT_REGION"] == "eu-south-2", service.name


def test_file_has_no_secret_of_its_own():
    text = FILE.read_text()
    for name in re.findall(r"\b([A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*): (.+)", text):
        assert re.match(r"(&\S+ )?\$\{|\*|/opt/airflow/auth", name[1]), name


def test_certificate_is_only_trusted_with_the_stand_in(environ):
    def trusted() -> str:
        return resolve(FILE, environ)["worker"].environment["SSL_CERT_FILE"]

    # As in the shell of a company with a proxy that has a certificate of its own.
    environ["SSL_CERT_FILE"] = "/etc/ssl/company.pem"
    assert trusted() == "/opt/stand-in/tls/bundle.pem"
    del environ["TRUSTED_CERTIFICATES"]
    assert trusted() == "/etc/ssl/certs/ca-certificates.crt"


def test_connection_to_the_stand_in_names_its_service(environ):
    services = resolve(FILE, environ, {"local"})
    endpoint = json.loads(services["worker"].environment["AIRFLOW_CONN_AWS_DEFAULT"])["extra"]["endpoint_url"]
    assert endpoint == f"http://{services['stand-in'].environment['REDSHIFT_STANDIN_HOST_NAME']}:5000"


@pytest.mark.parametrize(
    "connection",
    [
        {"conn_type": "aws", "extra": {"region_name": "us-west-2"}},
        {"conn_type": "aws", "extra": {"endpoint_url": "https://vpce-0123.s3.us-west-2.vpce.amazonaws.com"}},
        {"conn_type": "aws", "extra": '{"region_name": "us-west-2"}'},
        {"conn_type": "aws"},
        "aws://AKIA:secret@/?region_name=us-west-2",
        [],
    ],
)
def test_demo_refuses_an_account_before_it_does_anything(environ, connection):
    text = connection if isinstance(connection, str) else json.dumps(connection)
    demo = resolve(FILE, {**environ, "AIRFLOW_CONN_AWS_DEFAULT": text}, {"local"})["demo"]
    with pytest.raises(StackError, match=r"in \.env does not name the stand-in, and the demo runs only there"):
        ComposeSettings.of(demo.environment)


def test_refusal_of_the_demo_is_one_line(environ):
    demo = resolve(FILE, {**environ, "AIRFLOW_CONN_AWS_DEFAULT": '{"conn_type": "aws"}'}, {"local"})["demo"]
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, *demo.command[1:]]
    done = subprocess.run(
        command, cwd=ROOT, env={**demo.environment, **paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: AIRFLOW_CONN_AWS_DEFAULT in .env does not name the stand-in")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A ${A} $$A", "a b$c a b$c $A"),
        ("${EMPTY:-default} ${EMPTY-default}", "default "),
        ("${NONE:-x y} ${NONE-} ${A:-x}", "x y  a b$c"),
        ("${NONE:-<${A}>} ${NONE:-${OTHER:-2}} ${A:-${NONE:?}}", "<a b$c> 2 a b$c"),
    ],
)
def test_variables_are_interpolated_as_the_specification_says(text, expected):
    assert interpolate(text, {"A": "a b$c", "EMPTY": ""}) == expected
