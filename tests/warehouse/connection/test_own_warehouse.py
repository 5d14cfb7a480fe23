"""An existing cluster or Serverless workgroup that was prepared as in docs/aws.md can be loaded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import psycopg
import pytest

from local.datagen import Options, generate
from redshift_elt import VacuumOperator
from redshift_standin import REGION
from redshift_standin.engine.databases import database_name
from standin_support.waiting import wait_until
from tests.model.star_schema import comparable, star_schema
from tests.support.new_warehouse import PREFIXES, VISIBLE
from tests.support.warehouse import BUCKET, ROOT, WarehouseUnderTest

pytestmark = pytest.mark.long("the steps for a cluster or a workgroup of your own")

SCHEMA = ROOT / "include" / "sql" / "schema"
PAGE = (ROOT / "docs" / "aws.md").read_text("utf-8")
ADMIN, PASSWORD, DATABASE = "boss", "Passw0rd1", "dev"


@pytest.fixture(scope="module")
def s3(own_standin) -> Iterator[Any]:
    """A client of the bucket, with the environment of an Airflow worker."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_standin.airflow_environment().items():
            if name.startswith(VISIBLE):
                patch.setenv(name, value)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield s3


@pytest.fixture(scope="module")
def role(s3) -> str:
    """The ARN of the role that COPY uses, which can list and read the prefixes of the data and the manifests."""
    services = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
    may = {
        "s3:ListBucket": [f"arn:aws:s3:::{BUCKET}"],
        "s3:GetObject": [f"arn:aws:s3:::{BUCKET}/{prefix}*" for prefix in PREFIXES],
    }
    iam = boto3.client("iam")
    role = iam.create_role(
        RoleName="mine", AssumeRolePolicyDocument=policy(Principal={"Service": services}, Action="sts:AssumeRole")
    )
    for number, (action, resources) in enumerate(may.items()):
        iam.put_role_policy(
            RoleName="mine", PolicyName=f"read{number}", PolicyDocument=policy(Action=action, Resource=resources)
        )
    return role["Role"]["Arn"]


@pytest.fixture
def data(tmp_path):
    generate(tmp_path, Options(days=1, users=5, songs=20))
    return tmp_path


@pytest.fixture
def vacuumed(own_standin) -> Callable[[str], int]:
    """Return a function that counts how often a table was vacuumed and analyzed, by PostgreSQL's own statistics."""
    dsn = own_standin.postgres.dsn.parameters(database_name("mine", DATABASE))

    def count(table: str) -> int:
        with psycopg.connect(**dsn) as database:
            query = "select vacuum_count + analyze_count from pg_stat_user_tables where relname = %s"
            [(found,)] = database.execute(query, [table]).fetchall()
        return found

    return count


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@contextmanager
def administrator(host: str, port: int) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        host=host, port=port, dbname=DATABASE, user=ADMIN, password=PASSWORD, sslmode="require", autocommit=True
    ) as connection:
        yield connection


def prepare(connection: psycopg.Connection[Any], user: str, admin: dict[str, Any]) -> None:
    """Create the tables and the user that loads with the command and the statements in the docs."""
    [command] = re.findall(r"```sh\n *python -m (redshift_elt.*?)\n", PAGE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins"), "AIRFLOW_CONN_REDSHIFT_ADMIN": json.dumps(admin)}
    subprocess.run([sys.executable, "-m", *command.split()], check=True, env=environment)
    for file in sorted(SCHEMA.glob("*.sql")):
        connection.execute(file.read_text("utf-8"))
    [statements] = re.findall(r"```sql\n( *create user .*?)```", PAGE, re.DOTALL)
    connection.execute(statements.replace("sparkify_etl", user))


def login(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the administrator's connection to the warehouse in an extra."""
    return {"conn_type": "redshift", "schema": DATABASE, "login": ADMIN, "password": PASSWORD, "extra": extra}


def become_role(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make Airflow's AWS connection assume a role."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    trust = policy(Principal={"AWS": f"arn:aws:iam::{account}:root"}, Action="sts:AssumeRole")
    role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    connection = json.loads(os.environ["AIRFLOW_CONN_AWS_DEFAULT"])
    connection["extra"]["role_arn"] = role["Arn"]
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))


def assert_it_loads(s3: Any, monkeypatch: pytest.MonkeyPatch, data, **connection: Any) -> None:
    fields = {"conn_type": "redshift", "schema": DATABASE, **connection}
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(fields))
    warehouse = WarehouseUnderTest(s3)
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    found = {table: comparable(rows) for table, rows in warehouse.star_schema().items()}
    assert found == {table: comparable(rows) for table, rows in star_schema(data).items()}
    assert warehouse.tables_of_runs() == []


def test_cluster(s3, role, data, vacuumed, monkeypatch, caplog):
    redshift = boto3.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="mine",
        ClusterType="single-node",
        NodeType="ra3.large",
        DBName=DATABASE,
        MasterUsername=ADMIN,
        MasterUserPassword=PASSWORD,
        IamRoles=[role],
        DefaultIamRoleArn=role,
    )
    redshift.get_waiter("cluster_available").wait(ClusterIdentifier="mine", WaiterConfig={"Delay": 1})
    [cluster] = redshift.describe_clusters(ClusterIdentifier="mine")["Clusters"]
    with administrator(cluster["Endpoint"]["Address"], cluster["Endpoint"]["Port"]) as connection:
        prepare(connection, "sparkify_etl", login({"cluster_identifier": "mine"}))
    extra = {"iam": True, "cluster_identifier": "mine"}
    assert_it_loads(s3, monkeypatch, data, login="sparkify_etl", extra=extra)
    with administrator(cluster["Endpoint"]["Address"], cluster["Endpoint"]["Port"]) as connection:
        assert_it_maintains_with_the_documented_role(connection, vacuumed, caplog)


def assert_it_maintains_with_the_documented_role(connection: psycopg.Connection[Any], vacuumed, caplog) -> None:
    # On tables that it loads, a user of the stand-in may run VACUUM even without the role: see standin/docs/sql.md.
    connection.execute("create table others (a integer)")
    connection.execute("revoke all on others from sparkify_etl")
    maintain = VacuumOperator(task_id="vacuum", tables=["public.others", "public.songs"])
    maintain.execute({})
    assert "sparkify_etl does not own these tables: public.others, public.songs, etl." in caplog.text
    assert vacuumed("others") == 0
    [statements] = re.findall(r"```sql\n( *create role .*?)```", PAGE, re.DOTALL)
    connection.execute(statements)
    maintain.execute({})
    wait_until(lambda: vacuumed("others") == 2, "VACUUM and ANALYZE")


def test_serverless_workgroup(s3, role, data, monkeypatch):
    serverless = boto3.client("redshift-serverless")
    serverless.create_namespace(
        namespaceName="mine",
        adminUsername=ADMIN,
        adminUserPassword=PASSWORD,
        dbName=DATABASE,
        iamRoles=[role],
        defaultIamRoleArn=role,
    )
    serverless.create_workgroup(workgroupName="mine", namespaceName="mine")

    def endpoint():
        return serverless.get_workgroup(workgroupName="mine")["workgroup"].get("endpoint")

    found = wait_until(endpoint, "the workgroup is available")
    with administrator(found["address"], found["port"]) as connection:
        prepare(connection, '"IAMR:airflow"', login({"serverless_work_group": "mine"}))
    become_role(monkeypatch, "airflow")
    assert_it_loads(s3, monkeypatch, data, extra={"iam": True, "serverless_work_group": "mine"})
