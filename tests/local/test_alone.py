"""``make local``: S3 and Redshift without Airflow, for any client."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.settings import ROOT
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.environment import BUCKET, CLUSTER_ALONE
from tests.support.shell import run_in_shell
from tests.support.snippets import command as documented

CLIENT = f"""
import psycopg

with psycopg.connect() as connection:
    connection.execute("create table people (name varchar(10))")
    connection.execute("copy people from 's3://{BUCKET}/people/' iam_role default json 'auto'")
"""


def command(settings, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings.to_environment()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def alone(new_settings):
    """The output of the command, and the settings of the stack that it started."""
    yield run_in_shell(documented("make local"), new_settings.to_environment()), new_settings
    assert command(new_settings, "down").returncode == 0


@pytest.mark.long("a stack of its own without Airflow")
def test_it_prints_its_addresses_serves_clients_and_keeps_their_data(alone):
    printed, settings = alone
    warehouse = require_login(settings, CLUSTER_ALONE)
    assert settings.aws_url in printed
    assert f"localhost:{warehouse.port}" in printed
    assert f"{warehouse.user} / {warehouse.password}" in printed
    assert "Airflow" not in printed

    aws_client(settings, "s3").put_object(Bucket=BUCKET, Key="people/1.json", Body=b'{"name": "Ada"}{"name": "Bo"}')
    # Sourcing the file gives every client a login; COPY uses the cluster's default role.
    script = f'source {settings.state / "env.sh"}; exec python -c "$CLIENT"'
    subprocess.run(["bash", "-c", script], env={**os.environ, "CLIENT": CLIENT}, check=True)

    assert command(settings, "down").returncode == 0
    again = command(settings, "alone")
    assert again.returncode == 0, again.stderr
    asked = command(settings, "sql", "--query", "select name from people order by name")
    assert asked.stdout.split()[2:4] == ["Ada", "Bo"], asked
