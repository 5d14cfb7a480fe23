"""The wheel in a clean environment without the rest of this repository, run by root and by an ordinary user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import redshift_standin

pytestmark = pytest.mark.long("the stand-in in a clean environment, as root and as an ordinary user")

PROJECT = Path(__file__).parents[1]
# A user without privileges.
NOBODY = 65534

# A client that is not a dependency of the wheel.
CLIENT = "redshift_connector"

# Runs in the new environment: starts the command, uses it with four clients, and stops it.
USE = """
import json, os, shutil, subprocess, sys
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
    os.environ["SSL_CERT_FILE"] = cluster.aws.trusted_certificates
    with redshift_connector.connect(**cluster.redshift_connector()) as connection, connection.cursor() as cursor:
        cursor.execute("select name from items")
        found = [list(row) for row in cursor.fetchall()]
    if psql := shutil.which("psql"):
        question = [psql, "--no-psqlrc", "-Atc", "select upper(name) from items"]
        psql = subprocess.run(question, env=cluster.environment(), stdout=subprocess.PIPE, text=True, check=True).stdout
print(json.dumps({"home": redshift_standin.__file__, "version": version, "rows": found, "psql": psql,
    "rest": [name for name in ("redshift_elt", "warehouse_page", "local") if name in sys.modules]}))
"""


@pytest.fixture(scope="module")
def environment():
    """A virtual environment that every user can read, with the wheel, a client, and their declared dependencies."""
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
        [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
        [metadata] = packages.glob("redshift_standin-*.dist-info")
        link_packages([*(Distribution.at(metadata).requires or []), CLIENT], packages)
        yield folder


def link_packages(requirements: Iterable[str], target: Path) -> None:
    """Link the distributions that satisfy the requirements, recursively, from this environment to another one."""
    pending, seen = [Requirement(text) for text in requirements], set()
    while pending:
        requirement = pending.pop()
        if requirement in seen:
            continue
        seen.add(requirement)
        found = distribution(requirement.name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (target / top).exists():
                (target / top).symlink_to(Path(sysconfig.get_path("purelib"), top))
        # The requirements of each requested extra, and those without an extra.
        extras = [{"extra": extra} for extra in ("", *requirement.extras)]
        needed = [Requirement(text) for text in found.requires or ()]
        pending += [one for one in needed if one.marker is None or any(map(one.marker.evaluate, extras))]


def use(environment: Path, **user: object) -> dict:
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


@pytest.fixture(scope="module", params=["the same user", "an ordinary user"])
def used(request, environment):
    """The output of the clients, for the user of the tests and for one without privileges."""
    if request.param == "the same user":
        return use(environment)
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    return use(environment, user=NOBODY, group=NOBODY, extra_groups=[])


def test_boto3_psycopg_and_redshift_connector_use_it_from_a_clean_environment(used, environment):
    assert used["home"].startswith(str(environment))
    assert used["version"] == redshift_standin.__version__
    assert used["rows"] == [["Lamp"]]
    assert used["rest"] == []


@pytest.mark.skipif(shutil.which("psql", path=os.defpath) is None, reason="psql is not installed")
def test_psql_uses_it_from_a_clean_environment(used):
    assert used["psql"] == "LAMP\n"
