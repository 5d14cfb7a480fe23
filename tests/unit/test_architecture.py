"""Which part of the project may know which: ``dags`` the operators and the SQL, nothing the local stack."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from local.settings import ROOT

OPERATORS = ROOT / "plugins" / "redshift_elt"

PRODUCT = [ROOT / "dags", ROOT / "plugins", ROOT / "include", ROOT / "notebooks"]
PRODUCT_SUFFIXES = {".ipynb", ".py", ".sql", ".html", ".js", ".css", ".json", ".yaml", ".md"}


def python_files(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def imports(file: Path, package: str = "") -> set[str]:
    """Name every module that a file imports, anywhere in it; what a ``from`` brings may be a module too.

    :param package: the package that relative imports start from.
    """
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*parents, *filter(None, [node.module])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def top_levels(modules: Iterable[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def package_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT / "plugins").parent.parts)


def reached(modules: Iterable[str]) -> set[str]:
    """Follow imports through ``redshift_elt`` and name everything that is imported on the way."""
    known: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        known.add(module)
        for file in files_of(module):
            waiting |= imports(file, package_of(file)) - known
    return known


def files_of(module: str) -> Iterator[Path]:
    """Name the files of ``redshift_elt`` that run when a module is imported: its own and those of its packages."""
    parts = module.split(".")
    if parts[0] != OPERATORS.name:
        return
    path = OPERATORS.parent.joinpath(*parts)
    packages = [OPERATORS.parent.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    yield from (file for file in [*packages, path.with_suffix(".py")] if file.is_file())


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


@pytest.mark.parametrize("file", python_files(*PRODUCT), ids=lambda file: str(file.relative_to(ROOT)))
def test_the_product_imports_nothing_of_the_local_stack_the_tests_or_the_benchmarks(file):
    package = package_of(file) if OPERATORS in file.parents else ""
    assert not top_levels(imports(file, package)) & {"local", "tests", "bench", "moto", "dags"}


def test_dags_import_airflow_and_the_operators_only():
    allowed = {"airflow", "pendulum", "redshift_elt", *sys.stdlib_module_names}
    foreign = {file.name: top_levels(imports(file)) - allowed for file in python_files(ROOT / "dags")}
    assert not any(foreign.values()), foreign


def test_the_local_stack_imports_nothing_of_the_product():
    files = [file for folder in ("local", "bench") for file in python_files(ROOT / folder)]
    assert not [file for file in files if top_levels(imports(file)) & {"redshift_elt", "dags"}]


def test_sql_reaches_neither_airflow_nor_a_driver():
    files = python_files(OPERATORS / "sql")
    assert files
    modules = {module for file in files for module in reached(imports(file, package_of(file)))}
    assert top_levels(modules) <= {"redshift_elt", "jinja2", "markupsafe", *sys.stdlib_module_names}


def test_the_operators_know_nothing_of_this_star_schema():
    words = r"sparkify|song|artist|\b(user_id|gender|staging_events)\b"
    files = [file for file in product_files() if OPERATORS in file.parents]
    assert files
    assert not lines_with(words, files)


def test_the_product_does_not_know_that_there_is_a_local_stack():
    words = r"localhost|127\.0\.0\.1|endpoint_url|stand-?in|\bmoto\b|\bif (not )?local\b|is_local|local_stack"
    assert not lines_with(words, product_files())


def test_dags_hold_no_sql():
    statement = re.compile(r"\bselect\b.+\bfrom\b|\binsert into\b|\bdelete from\b|\bcreate table\b|\bcopy\b.+\bfrom\b")
    found = [
        (file.name, node.value)
        for file in python_files(ROOT / "dags")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.search(node.value)
    ]
    assert not found


def test_sql_files_hold_one_lower_case_clause_a_line():
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


class TestImports:
    """What the rules rest on."""

    @pytest.mark.parametrize(
        ("line", "module"),
        [
            ("import local.settings", "local.settings"),
            ("from local import errors", "local.errors"),
            ("from local.errors import StackError", "local.errors"),
            ("def f():\n    import local", "local"),
            ("from .names import quote", "redshift_elt.sql.names"),
            ("from .. import hook", "redshift_elt.hook"),
            ("from ..window import Window", "redshift_elt.window"),
        ],
    )
    def test_every_form_is_seen(self, tmp_path, line, module):
        file = tmp_path / "module.py"
        file.write_text(line)
        assert module in imports(file, "redshift_elt.sql")

    def test_what_an_imported_module_imports_is_reached(self):
        assert "airflow" in top_levels(reached({"redshift_elt.connection.hook"}))
