"""The commands of standin/README.md: the stand-in in an environment of its own, and psql and dbt as its clients."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import psycopg
import pytest

from tests.support.environments import new_environment, write_constraints
from tests.support.shell import run_in_shell, running_in_shell
from tests.support.snippets import block, command

pytestmark = pytest.mark.long("the stand-in and its clients in environments of their own")

PAGE = "standin/README.md"
OUTPUT = "AWS:         http://127.0.0.1:5000   (region us-west-2, key local-access-key, secret local-secret-key)"
PSQL = 'psql "host=localhost port=5439 dbname=dev user=awsuser sslmode=verify-full sslrootcert=CERTIFICATE"'

PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\n",
    "seeds/orders.csv": "order_id,customer,amount\n1,Ada,10.50\n2,Bo,4.00\n3,Ada,2.25\n",
    "models/customers.sql": (
        "{{ config(materialized='table', dist='customer', sort='customer') }}\n"
        "select customer, count(*) as orders, sum(amount) as amount from {{ ref('orders') }} group by customer\n"
    ),
    "models/customers.yml": (
        "models:\n  - name: customers\n    columns:\n      - name: customer\n        data_tests: [unique, not_null]\n"
    ),
}


@dataclass(frozen=True)
class Started:
    """What the command has printed."""

    output: str

    def one(self, pattern: str) -> str:
        """Return the group of a pattern, which the output has once."""
        [found] = re.findall(pattern, self.output, re.MULTILINE)
        return found

    @property
    def password(self) -> str:
        return self.one(r"^Login: +awsuser / (\S+)$")

    @property
    def certificate(self) -> str:
        return self.one(r"^Certificate: (\S+)$")

    @property
    def port(self) -> str:
        return self.one(r"^Redshift: +localhost:(\d+),")

    def connect(self) -> psycopg.Connection:
        """Log in with what was printed."""
        return psycopg.connect(
            host="localhost",
            port=self.port,
            dbname="dev",
            user="awsuser",
            password=self.password,
            sslmode="verify-full",
            sslrootcert=self.certificate,
        )


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Iterator[Started]:
    """The stand-in, installed and started with the commands of the page, on free ports."""
    folder = tmp_path_factory.mktemp("standin")
    programs = new_environment(folder / "environment")
    install, start = block(PAGE, "pip install ./standin").commands
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
        "PIP_CONSTRAINT": str(write_constraints(folder)),
    }
    run_in_shell(install, environment)
    ports = {"REDSHIFT_STANDIN_AWS_PORT": "0", "REDSHIFT_STANDIN_REDSHIFT_PORT": "0"}
    with running_in_shell(start, {**environment, **ports}, folder=folder) as process:
        lines = []
        while not (line := process.stdout.readline()).startswith("Ready."):
            assert line, f"{start} has ended: {''.join(lines)}"
            lines.append(line)
        yield Started("".join([*lines, line]))


def test_output_is_that_of_the_page(started):
    """But for what differs each time: ports, password, folder."""

    def without_values(text: str) -> list[str]:
        return re.sub(r"(?<=:)\d+\b|(?<=awsuser / ).*|(?<=Certificate: ).*(?=/tls/)", "…", text).splitlines()

    assert without_values(started.output) == without_values(block(PAGE, OUTPUT).text)


def test_psql_copies_objects(started):
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    key, secret = re.search(r"key (\S+), secret (\S+)\)", started.output).groups()
    s3 = boto3.client(
        "s3",
        endpoint_url=started.one(r"^AWS: +(\S+)"),
        region_name="us-west-2",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )
    copy = block(PAGE, "copy items from 's3://standin/items/' iam_role default json 'auto';").text
    s3.put_object(Bucket="standin", Key="items/1.json", Body=b'{"name": "Lamp"}{"name": "Desk"}')
    psql = block(PAGE, PSQL).text.replace("5439", started.port).replace("CERTIFICATE", started.certificate)
    script = f"{psql.strip()} --set=ON_ERROR_STOP=1 <<'END'\ncreate table items (name varchar(20));\n{copy}\nEND\n"
    assert "COPY" in run_in_shell(script, {"PGPASSWORD": started.password})
    with started.connect() as connection:
        assert connection.execute("select name from items order by 1").fetchall() == [("Desk",), ("Lamp",)]


def test_dbt_builds_a_project(started, tmp_path):
    programs = new_environment(tmp_path / "environment", "tests/requirements/dbt.txt")
    project = tmp_path / "project"
    profile = block(PAGE, "shop:").text.replace("5439", started.port)
    for name, text in {**PROJECT, "profiles.yml": profile}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, "utf-8")
    commands = block(PAGE, "export PGPASSWORD=PASSWORD SSL_CERT_FILE=CERTIFICATE").text
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    values = commands.replace("=PASSWORD", f"={started.password}").replace("CERTIFICATE", started.certificate)
    output = run_in_shell(values, environment, folder=project)
    # The seed, the table and its two tests.
    assert "PASS=4 WARN=0 ERROR=0 SKIP=0" in output
    with started.connect() as connection:
        found = connection.execute("select customer, orders, amount from analytics.customers order by 1").fetchall()
    run_in_shell(values.replace("dbt build", command("dbt docs generate")), environment, folder=project)
    catalogue = json.loads((project / "target" / "catalog.json").read_text("utf-8"))
    assert set(catalogue["nodes"]["model.shop.customers"]["columns"]) == {"customer", "orders", "amount"}
    assert [(name, orders, float(amount)) for name, orders, amount in found] == [("Ada", 2, 12.75), ("Bo", 1, 4.0)]
