"""Each code block of the documentation is executed by a test, or checked as far as it can be without what it needs.

Commands for a shell are in test_documented_commands.py.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.sdk import DAG
from airflow.sdk.module_loading import import_string

import redshift_elt
from local.settings import ROOT
from redshift_elt.ddl.files import statements_of
from tests.support import commands
from tests.support.airflow_versions import DagBag
from tests.support.recipes import PAGE as RECIPES
from tests.support.recipes import THEIR_BUCKET, recipes
from tests.support.snippets import Snippet, block, blocks

# Blocks that another test takes from the page and executes, by their first lines.
EXECUTED = {
    ("README.md", "create table if not exists page_views ("): "tests/warehouse/test_add_your_own_table.py",
    (
        "docs/new-source.md",
        "create table if not exists staging_playlists (",
    ): "tests/warehouse/test_add_your_own_table.py",
    ("README.md", "select"): "tests/warehouse/test_add_your_own_table.py",
    ("README.md", "LoadFactOperator("): "tests/warehouse/test_add_your_own_table.py",
    ("docs/new-source.md", "stage_playlists = StageToRedshiftOperator("): "tests/warehouse/test_add_your_own_table.py",
    ("docs/new-source.md", "select"): "tests/warehouse/test_add_your_own_table.py",
    ("SECURITY.md", "flowchart LR"): "tests/unit/test_site.py",
    ("docs/alerts.md", "from datetime import datetime, timedelta"): "tests/unit/integrations/test_alerts.py",
    ("docs/analysts.md", "{"): "tests/warehouse/notebooks/test_warehouse.py",
    ("docs/aws.md", "create role etl_maintenance;"): "tests/warehouse/connection/test_own_warehouse.py",
    ("docs/aws.md", "create user sparkify_etl password disable;"): "tests/warehouse/connection/test_own_warehouse.py",
    ("docs/aws.md", "flowchart LR"): "tests/unit/test_site.py",
    ("docs/aws.md", "select query_id, query_label, status, queue_time, execution_time from sys_query_history"): (
        "tests/warehouse/test_documented_sql.py"
    ),
    ("docs/checks.md", "select sum(amount)"): "tests/warehouse/test_documented_sql.py",
    ("docs/formats.md", "{"): "tests/warehouse/staging/test_formats.py",
    ("docs/guarantees.md", "with compared as ("): "tests/warehouse/loading/test_scd2.py",
    ("docs/history.md", "select"): "tests/warehouse/loading/test_history.py",
    ("docs/layouts.md", "select order_id, ordered_at from {{ staging_table('staging_north', dag_run) }}"): (
        "tests/warehouse/test_documented_sql.py"
    ),
    (
        "standin/README.md",
        "AWS:         http://127.0.0.1:5000   (region us-west-2, key local-access-key, secret local-secret-key)",
    ): "tests/docs/test_standin_readme.py",
    ("standin/README.md", "copy items from 's3://standin/items/' iam_role default json 'auto';"): (
        "tests/docs/test_standin_readme.py"
    ),
    ("standin/README.md", "shop:"): "tests/docs/test_standin_readme.py",
    ("standin/README.md", "import psycopg"): "standin/tests/test_pytest_plugin.py",
    ("standin/README.md", "def test_copy(redshift, redshift_cluster, s3):"): "standin/tests/test_pytest_plugin.py",
}

# Blocks that have a test below.
WITH_A_TEST = {
    ("docs/structure.md", "dags/                    one file per DAG; sparkify_etl.py wires the operators"),
    ("docs/analysts.md", "erDiagram"),
    ("README.md", "flowchart LR"),
    (
        "docs/checks.md",
        "include/checks/orders.yaml, line 5: orders, check 1 (unique): 'colum' is unknown; write column, where, ...",
    ),
}


def key(item: Snippet) -> tuple[str, str]:
    return item.page, item.first_line


def checked_here(item: Snippet) -> bool:
    return item.language in CHECKS and key(item) not in {*EXECUTED, *WITH_A_TEST}


def check_python(item: Snippet, tmp_path: Path) -> None:
    """Execute the block, as in a DAG file that imports all public names of the package."""
    (tmp_path / "include/checks").mkdir(parents=True)
    (tmp_path / "include/checks/orders.yaml").write_text("orders:\n  checks: [unique: order_id]\n")
    names = {name: getattr(redshift_elt, name) for name in redshift_elt.__all__}
    with pytest.MonkeyPatch.context() as patch, DAG("documented", schedule=None) as dag:
        patch.chdir(tmp_path)
        exec(compile(item.text, str(item), "exec"), names)  # noqa: S102 - it is a page of the project
    assert dag.tasks


def check_yaml_of_checks(item: Snippet, tmp_path: Path) -> None:
    file = tmp_path / "checks.yaml"
    file.write_text(item.text, "utf-8")
    assert redshift_elt.load_checks(file)


def check_ini(item: Snippet, tmp_path: Path) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(item.text)
    for section in parser.sections():
        assert [name for name in parser[section] if not commands.is_airflow_option(section, name)] == []
    assert import_string(parser["secrets"]["backend"])(**json.loads(parser["secrets"]["backend_kwargs"]))


CHECKS: dict[str, Callable[[Snippet, Path], None]] = {
    "python": check_python,
    "yaml": check_yaml_of_checks,
    "ini": check_ini,
}
BLOCKS = [item for item in blocks() if item.language != "sh"]
CHECKED_HERE = [item for item in BLOCKS if checked_here(item) and item.page != str(RECIPES.relative_to(ROOT))]


def test_every_block_is_executed_or_checked():
    known = {*EXECUTED, *WITH_A_TEST, *map(key, CHECKED_HERE)}
    recipes_page = str(RECIPES.relative_to(ROOT))
    assert [str(item) for item in BLOCKS if key(item) not in known and item.page != recipes_page] == []


def test_every_block_that_is_named_exists():
    assert {*EXECUTED, *WITH_A_TEST} <= set(map(key, BLOCKS))


@pytest.mark.parametrize(("page", "test"), sorted({(page, test) for (page, _), test in EXECUTED.items()}))
def test_tests_that_execute_blocks_read_their_page(page, test):
    """With the name of the page in a string of the code, and not only in a comment."""
    strings = [
        node.value for node in ast.walk(ast.parse((ROOT / test).read_text("utf-8"))) if isinstance(node, ast.Constant)
    ]
    assert {page, Path(page).name} & set(filter(lambda value: isinstance(value, str), strings))


def test_recipes_are_all_blocks_of_their_page():
    """tests/warehouse/test_recipes.py executes them: their tables, and their operators within the frame."""
    page = str(RECIPES.relative_to(ROOT))
    found = [item for item in blocks() if item.page == page]
    code = "\n".join(recipe.code for recipe in recipes().values()).replace("sparkify-tests", THEIR_BUCKET)
    statements = {statement for recipe in recipes().values() for statement in recipe.ddl}
    lines = {line.strip() for line in code.splitlines()}
    for item in found:
        if item.language == "sql":
            assert set(statements_of(item.text)) <= statements
        else:
            assert item.language == "python"
            assert {line.strip() for line in item.text.splitlines()} - lines <= {"..."}


@pytest.mark.parametrize("item", CHECKED_HERE, ids=str)
def test_block(item, tmp_path):
    CHECKS[item.language](item, tmp_path)


def test_message_about_a_check_is_the_one_on_the_page(tmp_path, monkeypatch):
    text = next(item.text for item in blocks() if item.page == "docs/checks.md" and not item.language).strip()
    file, line = re.fullmatch(r"(\S+), line (\d+): .*\.\.\.", text).groups()
    monkeypatch.chdir(tmp_path)
    Path(file).parent.mkdir(parents=True)
    Path(file).write_text(
        "orders:\n  key: order_id\n" + "\n" * (int(line) - 4) + "  checks:\n    - unique: {colum: order_id}\n"
    )
    with pytest.raises(ValueError, match=re.escape(text.removesuffix("..."))):
        redshift_elt.load_checks(file)


def test_picture_of_the_dag_has_its_tasks():
    picture = block("README.md", "flowchart LR").text
    tasks = {
        task.task_id
        for task in DagBag(ROOT / "dags" / "sparkify_etl.py", bundle_path=ROOT / "dags").dags["sparkify_etl"].tasks
    }
    drawn = set(re.findall(r"\b[a-z]\w*_\w+\b", re.sub(r"\(.*?\)|\[.*?\]", "", picture)))
    assert drawn == tasks


def test_picture_of_the_tables_has_their_columns():
    picture = block("docs/analysts.md", "erDiagram").text
    drawn = {
        table: re.findall(r"^ +\w+ (\w+)", columns, re.MULTILINE)
        for table, columns in re.findall(r"^ +(\w+) \{\n(.*?)^ +\}", picture, re.MULTILINE | re.DOTALL)
    }
    assert len(drawn) == 5
    for table, columns in drawn.items():
        ddl = (ROOT / "include/sql/schema" / f"{table}.sql").read_text("utf-8")
        [statement] = re.findall(
            rf"create table if not exists (?:public\.)?{table} \(\n(.*?)^\)", ddl, re.MULTILINE | re.DOTALL
        )
        created = re.findall(r"^ +(\w+) ", statement, re.MULTILINE)
        assert [column for column in columns if column not in created] == []


def test_folders_on_the_page_about_the_structure_exist():
    text = block(
        "docs/structure.md", "dags/                    one file per DAG; sparkify_etl.py wires the operators"
    ).text
    parents: list[tuple[int, Path]] = []
    missing = []
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        # Names are in the first column, and descriptions in the second.
        if indent >= 20:
            continue
        parents = [(depth, path) for depth, path in parents if depth < indent]
        base = parents[-1][1] if parents else ROOT
        names = re.split(r"\s{2,}", line.strip())[0].split(", ")
        paths = [path if (path := base / name).exists() else (base / names[0]).parent / name for name in names]
        missing += [str(path) for path in paths if not path.exists()]
        parents.append((indent, paths[0]))
    assert missing == []
