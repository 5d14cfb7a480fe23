"""The wheel in a clean environment, run by root and by an ordinary user: nothing else of this repository is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest

import redshift_standin

PROJECT = Path(__file__).parents[1]
# A user with no rights of its own.
NOBODY = 65534

# Runs in the new environment: starts the command there, uses it with three clients, and stops it.
USE = """
import json, subprocess, sys
from pathlib import Path
import boto3, psycopg, redshift_connector, redshift_standin
from redshift_standin import Standin
command = Path(sys.executable).with_name("redshift-standin")
version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()
with Standin() as cluster:
    cluster.aws.client("s3").put_object(Bucket=cluster.bucket, Key="items/1.json", Body=b'{"name": "Lamp"}')
    with psycopg.connect(**cluster.libpq()) as connection:
        connection.execute("create table items (name varchar(20))")
        connection.execute(f"copy items from 's3://{cluster.bucket}/items/' iam_role default json 'auto'")
    import os
    os.environ["SSL_CERT_FILE"] = cluster.aws.trusted_certificates
    with redshift_connector.connect(**cluster.redshift_connector()) as connection, connection.cursor() as cursor:
        cursor.execute("select name from items")
        found = [list(row) for row in cursor.fetchall()]
print(json.dumps({"home": redshift_standin.__file__, "version": version, "rows": found,
    "rest": [name for name in ("redshift_elt", "warehouse_page", "local") if name in sys.modules]}))
"""


@pytest.fixture(scope="module")
def environment():
    """A virtual environment, which every user can read, with the wheel and the dependencies of this one."""
    with tempfile.TemporaryDirectory(prefix="standin-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
        subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
        [wheel] = folder.glob("*.whl")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        install = [str(python), "-m", "pip", "install", "--no-deps", "--no-index", str(wheel)]
        subprocess.run(install, check=True, capture_output=True)
        [own] = (folder / "venv" / "lib").glob("python*/site-packages")
        (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
        yield folder


def run(environment: Path, **user: object) -> dict:
    done = subprocess.run(
        [str(environment / "venv" / "bin" / "python"), "-c", USE],
        cwd="/",
        env={"PATH": os.defpath, "REDSHIFT_STANDIN_CLUSTER_SECONDS": "0"},
        capture_output=True,
        text=True,
        check=False,
        **user,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(found: dict, environment: Path) -> None:
    assert found["home"].startswith(str(environment))
    assert found["version"] == redshift_standin.__version__
    assert found["rows"] == [["Lamp"]]
    assert found["rest"] == []


def test_it_serves_every_client_from_a_clean_environment(environment):
    check(run(environment), environment)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_serves_an_ordinary_user(environment):
    check(run(environment, user=NOBODY, group=NOBODY, extra_groups=[]), environment)
