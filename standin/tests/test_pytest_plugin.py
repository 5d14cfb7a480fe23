"""The examples in the README, and the pytest plugin in a user's project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

IN_OTHER_PROJECTS = pytest.mark.long("the stand-in in other projects")

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
PYTHON, EXAMPLE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

ISOLATION = """
import os

import boto3
import psycopg
import pytest


@pytest.mark.parametrize("number", [1, 2])
def test_tables_and_objects_are_the_tests_own(redshift, s3, redshift_cluster, number):
    redshift.execute("create table items (n integer)")
    assert "Contents" not in s3.list_objects_v2(Bucket=redshift_cluster.bucket)
    s3.put_object(Bucket=redshift_cluster.bucket, Key="left behind", Body=b"")


def test_code_under_test_finds_the_stand_in_through_environment_variables(redshift_environment, redshift_database):
    with psycopg.connect() as connection:
        assert connection.execute("select current_database()").fetchone() == (redshift_database.database,)
    assert [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]] == ["standin"]


def test_environment_variables_are_set_for_one_test():
    assert "PGHOST" not in os.environ


def test_connection_that_is_left_open(redshift_database):
    global left_open
    left_open = psycopg.connect(**redshift_database.libpq())
"""


def run(folder, content: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_example.py").write_text(content, "utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PG", "AWS"))}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@IN_OTHER_PROJECTS
def test_program_starts_it_and_copies_from_s3(tmp_path):
    script = tmp_path / "example.py"
    script.write_text(f"{PYTHON}        print(connection.execute('select name from items').fetchall())\n", "utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[('Lamp',)]\n"), done.stderr


@IN_OTHER_PROJECTS
def test_project_of_a_few_lines_copies_from_s3(tmp_path):
    done = run(tmp_path, EXAMPLE)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@IN_OTHER_PROJECTS
def test_each_test_has_its_own_database_and_an_empty_bucket(tmp_path):
    done = run(tmp_path, ISOLATION)
    assert done.returncode == 0, done.stdout
    assert "5 passed, 1 warning" in done.stdout
    assert "is still open: close it in the test" in done.stdout
