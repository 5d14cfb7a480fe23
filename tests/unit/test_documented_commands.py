"""Each command of the documentation is executed by a test, or it has a reason why it is only checked.

All are checked without running them: their options, and the files and names in them.
"""

from __future__ import annotations

import ast
from functools import cache

import pytest

from local.settings import ROOT
from tests.support.commands import problems
from tests.support.snippets import Snippet, block, blocks, commands

ADD_A_TABLE = "tests/warehouse/test_add_your_own_table.py"
ALERTS = "tests/unit/integrations/test_alerts.py"
AWS = "tests/docs/test_aws_commands.py"
BENCHMARKS = "tests/docs/test_benchmarks.py"
CONTRIBUTING = "tests/docs/test_contributing.py"
LOCAL = "tests/local/test_commands.py"
SETTINGS = "tests/docs/test_settings.py"
STANDIN = "tests/docs/test_standin_readme.py"

# By their page and first line, the blocks that a test takes from the page and executes from the first to the last line.
EXECUTED_BLOCKS = {
    ("CONTRIBUTING.md", 'git tag --annotate v1.0.0 --message "Sparkify Warehouse 1.0.0"'): CONTRIBUTING,
    ("README.md", "make sql FILE=include/sql/schema/page_views.sql"): ADD_A_TABLE,
    (
        "docs/airflow.md",
        "export AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL=1    # for the workers; with LocalExecutor, for the scheduler",
    ): SETTINGS,
    ("docs/alerts.md", "# Slack: the part of the webhook URL after https://hooks.slack.com/services/"): ALERTS,
    ("docs/analysts.md", "pip install -r notebooks/requirements.txt jupyterlab"): "tests/docs/test_notebook.py",
    (
        "docs/aws.md",
        "aws iam create-policy --policy-name sparkify-copy-boundary --policy-document file://copy-role-boundary.json",
    ): AWS,
    ("docs/aws.md", "aws redshift delete-cluster-snapshot --snapshot-identifier SNAPSHOT"): AWS,
    ("docs/aws.md", "python -m redshift_elt.ddl.migrate_schema redshift_admin"): AWS,
    ("docs/aws.md", "export AIRFLOW__REDSHIFT_ELT__BOOKKEEPING_SCHEMA=etl_dev"): AWS,
    ("docs/aws.md", "make mwaa VERSION=3.2.1"): AWS,
    (
        "docs/aws.md",
        'export AIRFLOW_CONN_AWS_DEFAULT=\'{"conn_type": "aws", "extra": {"region_name": "us-west-2"}}\'',
    ): SETTINGS,
    ("docs/aws.md", "aws redshift create-cluster-subnet-group --cluster-subnet-group-name sparkify \\"): AWS,
    ("docs/deployment.md", "pip install '.[report]'"): SETTINGS,
    ("docs/deployment.md", "cp -r dags include plugins requirements.txt PROJECT/"): AWS,
    (
        "docs/deployment.md",
        "aws iam create-role --role-name sparkify-airflow"
        " --assume-role-policy-document file://deploy/helm/trust-policy.json",
    ): AWS,
    (
        "docs/docker-compose.md",
        "AUTH_MANAGER=airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    ): "tests/airflow/test_compose.py",
    ("docs/examples/shop/README.md", "make up"): LOCAL,
    ("docs/examples/shop/README.md", "make sql FILE=docs/examples/shop/schema/orders.sql"): LOCAL,
    ("docs/history.md", "pip install apache-airflow-providers-openlineage"): SETTINGS,
    ("docs/new-source.md", "make sql FILE=include/sql/schema/playlists.sql"): ADD_A_TABLE,
    ("docs/schedules-and-backfills.md", 'make airflow ARGS="dags unpause sparkify_etl"'): LOCAL,
    ("docs/schedules-and-backfills.md", "# 15 November; a month works the same way"): LOCAL,
    (
        "docs/schedules-and-backfills.md",
        'make airflow ARGS="backfill create --dag-id sparkify_etl --max-active-runs 8 \\',
    ): LOCAL,
    ("docs/schedules-and-backfills.md", "source .local/env.sh"): LOCAL,
    ("docs/schedules-and-backfills.md", "# one task of the hour from 14:00 to 15:00"): LOCAL,
    ("standin/README.md", "pip install ./standin"): STANDIN,
    (
        "standin/README.md",
        'psql "host=localhost port=5439 dbname=dev user=awsuser sslmode=verify-full sslrootcert=CERTIFICATE"',
    ): STANDIN,
    ("standin/README.md", "export PGPASSWORD=PASSWORD SSL_CERT_FILE=CERTIFICATE"): STANDIN,
}

# What executes the other commands: tests, and CI.
EXECUTED = {
    "make demo": LOCAL,
    "make demo DATA=dir": LOCAL,
    "make up": LOCAL,
    "make down": LOCAL,
    "make sql": LOCAL,
    'make sql Q="select count(*) from songplays"': LOCAL,
    'make airflow ARGS="dags list"': LOCAL,
    'make airflow ARGS="backfill create --dag-id sparkify_etl --from-date 2018-11-01T00:00 --to-date 2018-11-01T23:00'
    ' --max-active-runs 8"': LOCAL,
    "make backfill FROM=2018-11-15T17:00 TO=2018-11-15T19:00": LOCAL,
    "make notebook": LOCAL,
    "make local": "tests/local/test_alone.py",
    "make env": SETTINGS,
    "make env TARGET=aws": SETTINGS,
    "make help": "tests/unit/test_makefile.py",
    ".venv/bin/pre-commit install": CONTRIBUTING,
    "make golden": CONTRIBUTING,
    "make reference": CONTRIBUTING,
    "make facts": CONTRIBUTING,
    "make lock": CONTRIBUTING,
    'make bench ARGS="1 2"': BENCHMARKS,
    'make bench-full-load ARGS="1 2"': BENCHMARKS,
    'make bench-memory ARGS="1000 --rejects 1000"': BENCHMARKS,
    'make bench-standin ARGS="--events 10000 --objects 1000"': BENCHMARKS,
    "make soak MINUTES=0 SEED=1": "tests/local/test_soak.py",
    "dbt docs generate": STANDIN,
    "make install": ".ci/run",
    "make lint": ".ci/run",
    "make licenses": "tests/unit/local/test_licenses.py",
    "make test-airflow VERSION=3.1.8": ".ci/run",
    "make test-all": ".ci/run",
    "make test-unit": ".github/workflows/ci.yml",
    "make docs": ".github/workflows/ci.yml",
    "docker build --target airflow --tag sparkify-warehouse:1.0.0 .": ".github/workflows/ci.yml",
}

# Why a command is not executed.
TAKES_LONG = "takes long: a test executes {}, which is the same with less to do"
NO_REGISTRY = "the stand-in has no registry of images"
A_NAME = "mentions a command that is written out elsewhere"
NOT_EXECUTED = {
    "make test": "runs these tests",
    'make test ARGS="tests/warehouse/test_shop.py"': "runs these tests",
    'make test ARGS="path -k name"': "runs these tests",
    "pytest standin/tests": "runs these tests",
    "SPARKIFY_SCREENSHOTS=docs/screenshots make test-all ARGS=tests/browser": (
        "runs these tests, and replaces the screenshots"
    ),
    "make test-airflow": A_NAME,
    "make mwaa": A_NAME,
    "make sql FILE=path": A_NAME,
    "pip install": A_NAME,
    "pip install .": A_NAME,
    "airflow …": A_NAME,
    'make airflow ARGS="…"': A_NAME,
    "python -m redshift_elt.ddl.migrate_schema": A_NAME,
    "python -m redshift_elt.ddl.migrate_schema CONNECTION": A_NAME,
    "make backfill": TAKES_LONG.format("make backfill FROM=2018-11-15T17:00 TO=2018-11-15T19:00"),
    "make soak": TAKES_LONG.format("make soak MINUTES=0 SEED=1"),
    "make soak MINUTES=10": TAKES_LONG.format("make soak MINUTES=0 SEED=1"),
    "make bench": TAKES_LONG.format('make bench ARGS="1 2"'),
    "make bench-full-load": TAKES_LONG.format('make bench-full-load ARGS="1 2"'),
    "make bench-memory": TAKES_LONG.format('make bench-memory ARGS="1000 --rejects 1000"'),
    "make bench-standin": TAKES_LONG.format('make bench-standin ARGS="--events 10000 --objects 1000"'),
    "make image-digests": "needs a Docker engine and the registry",
    "pip install --require-hashes -r requirements-image.txt": (
        "installs Airflow once more: tests/airflow/test_compose.py does it with uv, in the image's version of Python"
    ),
    "pip install '.[report]' apache-airflow==3.2.2 --constraint https://raw.githubusercontent.com/apache/airflow/"
    "constraints-3.2.2/constraints-3.12.txt": "reads the constraints from GitHub; the command without them is executed",
    "aws ecr create-repository --repository-name sparkify-warehouse": NO_REGISTRY,
    "aws ecr get-login-password | docker login --username AWS --password-stdin ACCOUNT.dkr.ecr.REGION.amazonaws.com": (
        NO_REGISTRY
    ),
    "aws eks describe-cluster --name EKS_CLUSTER --query cluster.identity.oidc.issuer --output text": (
        "the stand-in has no Kubernetes"
    ),
    "aws mwaa invoke-rest-api --name ENVIRONMENT --method POST --path /dags/sparkify_create_cluster/dagRuns"
    ' --body \'{"logical_date": null, "conf": {"subnet_group": "sparkify", "cidrs": ["10.0.1.0/24", "10.0.2.0/24"],'
    ' "prefixes": ["log_data/", "song_data/", "log_json_path.json", "orders/", "manifests/"]}}\'': (
        "the stand-in has no MWAA: tests/unit/test_deployment.py checks what it sends"
    ),
    "cd deploy/terraform": "is where the commands of Terraform are run",
    """export AIRFLOW_CONN_AWS_DEFAULT='{"conn_type": "aws"}'""": "is for the line after the next one",
    'export AIRFLOW_CONN_REDSHIFT_ADMIN="$(terraform output -raw administrator_connection)"': (
        "needs what Terraform has created"
    ),
}
PROGRAMS_NOT_EXECUTED = {
    "docker": (
        "needs a Docker engine: CI runs the demo with one, tests/airflow/test_compose.py starts its processes without"
    ),
    "helm": "needs a cluster: tests/unit/test_helm_chart.py renders what it would install",
    "kubectl": "needs a cluster: tests/unit/test_deployment.py compares the names",
    "terraform": "changes an account: tests/unit/test_deployment.py validates what it applies",
}


@cache
def executed() -> dict[str, str]:
    """Return what executes each command."""
    in_blocks = {each: test for key, test in EXECUTED_BLOCKS.items() for each in block(*key).commands}
    return EXECUTED | in_blocks


def reason(command: Snippet) -> str | None:
    """Return why a command is not executed, if that is known."""
    return NOT_EXECUTED.get(command.text) or PROGRAMS_NOT_EXECUTED.get(command.text.split()[0])


def test_every_command_is_executed_or_has_a_reason():
    assert [str(each) for each in commands() if each.text not in executed() and not reason(each)] == []


def test_no_command_is_executed_and_has_a_reason():
    assert set(executed()) & set(NOT_EXECUTED) == set()


def test_every_command_that_is_named_exists():
    assert {*EXECUTED, *NOT_EXECUTED} <= {each.text for each in commands()}
    assert set(EXECUTED_BLOCKS) <= {(each.page, each.first_line) for each in blocks()}
    assert set(PROGRAMS_NOT_EXECUTED) <= {each.text.split()[0] for each in commands()}


@cache
def strings(test: str) -> set[str]:
    """Return the strings in the code of a test, and not in its comments."""
    tree = ast.parse((ROOT / test).read_text("utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize(("page", "first_line"), sorted(EXECUTED_BLOCKS))
def test_test_reads_the_block_that_it_executes(page, first_line):
    test = EXECUTED_BLOCKS[page, first_line]
    named = strings(test)
    assert page in named or page.rpartition("/")[2] in named
    # Those take every block for a shell from their page or section.
    assert first_line in named or test in {ADD_A_TABLE, ALERTS}


@pytest.mark.parametrize("command", sorted(EXECUTED))
def test_test_takes_the_command_that_it_executes_from_a_page(command):
    if (test := EXECUTED[command]).endswith(".py"):
        assert command in strings(test)
    else:
        lines = [line.strip().removeprefix("- run: ") for line in (ROOT / test).read_text("utf-8").splitlines()]
        assert command in lines


@pytest.mark.parametrize("item", [each for each in blocks() if each.language == "sh"], ids=str)
def test_block_has_no_mistake(item):
    assert problems(item.text, (ROOT / item.page).parent) == []


@pytest.mark.parametrize("command", commands(), ids=str)
def test_command_has_no_mistake(command):
    assert problems(command.text, (ROOT / command.page).parent) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "make nothing",
        "make demo FOO=1",
        "make sql FILE=no/such.sql",
        'make airflow ARGS="dags trigger no_such_dag"',
        'make airflow ARGS="dags triggr sparkify_etl"',
        'make airflow ARGS="backfill create --dag-id sparkify_etl --from 2018"',
        'make airflow ARGS="dags trigger sparkify_etl --conf \'{\\"fill_load\\": true}\'"',
        'make test ARGS="tests/no/such.py"',
        "aws iam create-policy --policy-name a",
        "aws iam create-policy --policy-name a --policy-document file://no.json",
        "aws iam create-plicy",
        "aws s3 sync nowhere s3://bucket/",
        "aws s3 sync dags s3://bucket/ --remove",
        "pip install --no-such-option -r requirements.txt",
        "pip install -r no.txt",
        "pip install '.[no]'",
        "pip install no-such-package",
        "python -m no_such_module",
        "export AIRFLOW__CORE__NO_SUCH_OPTION=1",
        "export NO_SUCH_VARIABLE=1",
        "source .local/no.sh",
        "cd no/such/folder",
        "cp no/such.file there/",
        "no-such-program",
        "if true",
    ],
)
def test_wrong_command_is_found(wrong):
    assert problems(wrong) != []
