"""``make sql`` and the shell file connect to the warehouse if there is a cluster."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from local.errors import StackError
from local.settings import ROOT
from local.stack.cluster_login import find_login, require_login
from local.stack.env_file import warehouse_exports, write_env_file
from tests.support.local_cluster import local_cluster


@pytest.fixture(scope="module")
def cluster(own_standin):
    """The cluster of the local connection, as the DAG creates it."""
    with pytest.raises(StackError, match="run make demo"):
        require_login(own_standin.settings)
    assert warehouse_exports(own_standin.settings) == ""
    with local_cluster(own_standin.settings):
        yield own_standin


def run_sql(settings, query, path=None, option="--query"):
    environment = {**os.environ, **settings.to_environment(), "PATH": path or os.environ["PATH"]}
    command = [sys.executable, "-m", "local", "sql", option, query]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_query_prints_its_result_as_a_table(cluster):
    done = run_sql(cluster.settings, "select 6 * 7 as answer, 'it''s' as text")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()][:3:2] == [["answer", "|", "text"], ["42", "|", "it's"]]


def test_packaged_psql_is_used_if_none_is_installed(cluster, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run_sql(cluster.settings, "select 6 * 7 as answer", path=str(tmp_path / "empty"))
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout


@pytest.mark.parametrize("installed", [True, False], ids=["installed psql", "packaged psql"])
def test_file_runs_until_its_first_error(cluster, tmp_path, installed):
    if installed and shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    path = None if installed else str(tmp_path)
    file = tmp_path / "tables.sql"
    file.write_text("create table kept (a int);\nselect * from no_such_table;\ncreate table missing (a int);\n")
    done = run_sql(cluster.settings, str(file), path, option="--file")
    assert done.returncode != 0
    assert "no_such_table" in done.stderr
    with require_login(cluster.settings).connect() as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        connection.execute("drop table kept")
    assert names == [("kept",)]


def test_invalid_query_fails(cluster):
    done = run_sql(cluster.settings, "select * from no_such_table")
    assert done.returncode != 0
    assert "no_such_table" in done.stderr


def test_connection_is_encrypted_and_verified(cluster):
    warehouse = require_login(cluster.settings)
    with warehouse.connect() as connection:
        assert connection.pgconn.ssl_in_use
    assert find_login(cluster.settings).environment()["PGSSLMODE"] == "verify-full"


def test_shell_file_gives_postgresql_clients_a_login(cluster):
    write_env_file(cluster.settings, cluster.settings.to_environment())
    script = (
        f'source {cluster.settings.state}/env.sh && python -c "import psycopg; print(psycopg.connect().info.dbname)"'
    )
    clean = {"HOME": str(Path.home()), "PATH": os.environ["PATH"]}
    done = subprocess.run(["bash", "-c", script], env=clean, capture_output=True, text=True, check=False)
    assert done.stdout == "dev\n", done.stderr


def test_wrong_password_is_refused(cluster):
    parameters = cluster_parameters(require_login(cluster.settings))
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**{**parameters, "password": "wrong"})


def cluster_parameters(warehouse):
    return {
        "host": warehouse.host,
        "port": warehouse.port,
        "dbname": warehouse.database,
        "user": warehouse.user,
        "sslmode": "verify-full",
        "sslrootcert": warehouse.certificate,
    }
