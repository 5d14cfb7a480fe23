"""Architecture rules that the contracts of import-linter in pyproject.toml cannot express."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from local.settings import ROOT
from redshift_elt.sql.bookkeeping import DEFAULT

OPERATORS = ROOT / "plugins" / "redshift_elt"

PRODUCT = [ROOT / "dags", ROOT / "plugins", ROOT / "include", ROOT / "notebooks"]
PRODUCT_SUFFIXES = {".ipynb", ".py", ".sql", ".html", ".js", ".css", ".json", ".yaml", ".md"}


def python_files(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def imported(file: Path) -> set[str]:
    """Return the top-level package of every import in a file, including imports in functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def lines_with(pattern: str, files: Iterable[Path]) -> list[str]:
    words = re.compile(pattern, re.IGNORECASE)
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if words.search(line)
    ]


def product_files() -> list[Path]:
    return [
        file
        for folder in PRODUCT
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix in PRODUCT_SUFFIXES
    ]


def test_dags_import_airflow_and_the_operators_only():
    allowed = {"airflow", "pendulum", "redshift_elt", "sparkify_defaults", *sys.stdlib_module_names}
    foreign = {file.name: imported(file) - allowed for file in python_files(ROOT / "dags")}
    assert not any(foreign.values()), foreign


def test_sql_needs_a_template_engine_only():
    # The name of the bookkeeping schema is a setting of Airflow.
    files = [file for file in python_files(OPERATORS / "sql") if file.name != "bookkeeping.py"]
    assert files
    modules = {module for file in files for module in imported(file)}
    assert modules <= {"redshift_elt", "jinja2", "markupsafe", *sys.stdlib_module_names}


def test_the_bookkeeping_schema_is_written_in_one_place():
    """Every statement, migration and message has the schema of the setting."""
    packages = [OPERATORS, ROOT / "plugins" / "warehouse_page"]
    setting = OPERATORS / "sql" / "bookkeeping.py"
    files = [file for file in product_files() if file != setting and set(packages) & set(file.parents)]
    assert {file.suffix for file in files} >= {".py", ".sql"}
    assert lines_with(rf"\b{DEFAULT}\b", files) == []
    # The checks of this project read the history of loads.
    assert lines_with(r"\betl\.(?:loads|check_results)\b", (ROOT / "include" / "sql" / "checks").glob("*.sql")) == []


def test_notebook_does_not_need_the_local_stack():
    files = python_files(ROOT / "notebooks")
    assert files
    assert not {module for file in files for module in imported(file)} & {"local", "tests", "bench", "dags"}


def test_operators_do_not_depend_on_this_star_schema():
    words = r"sparkify|song|artist|\b(user_id|gender|staging_events)\b"
    files = [file for file in product_files() if OPERATORS in file.parents]
    assert files
    # The distribution of the operators has the name of the project.
    known = [line for line in lines_with(words, files) if '"package-name": "sparkify-warehouse"' not in line]
    assert not known


def test_product_does_not_depend_on_the_local_stack():
    words = r"localhost|127\.0\.0\.1|endpoint_url|stand-?in|\bmoto\b|\bif (not )?local\b|is_local|local_stack"
    assert not lines_with(words, product_files())


def test_dags_contain_no_sql():
    statement = re.compile(r"\bselect\b.+\bfrom\b|\binsert into\b|\bdelete from\b|\bcreate table\b|\bcopy\b.+\bfrom\b")
    found = [
        (file.name, node.value)
        for file in python_files(ROOT / "dags")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.search(node.value)
    ]
    assert not found


def test_sql_files_have_one_lowercase_clause_per_line():
    keywords = r"\b(SELECT|FROM|WHERE|GROUP BY|ORDER BY|INSERT|DELETE|UPDATE|CREATE|JOIN|UNION|HAVING|LIMIT)\b"
    crowded = r"\S.*\b(from|where|group by|order by|having|limit) .*\b(where|group by|order by|having|limit) "
    files = sorted((ROOT / "include" / "sql").rglob("*.sql"))
    code = [
        (file, line)
        for file in files
        for line in file.read_text("utf-8").splitlines()
        if not line.lstrip().startswith("--")
    ]
    assert code
    assert not [line for _, line in code if re.search(keywords, line)]
    assert not [line for _, line in code if re.search(crowded, line) and " over (" not in line]


@pytest.mark.parametrize(
    "line",
    [
        "import local.settings",
        "from local import errors",
        "from local.errors import StackError",
        "def f():\n    import local",
    ],
)
def test_every_form_of_import_is_detected(tmp_path, line):
    file = tmp_path / "module.py"
    file.write_text(line)
    assert imported(file) == {"local"}
