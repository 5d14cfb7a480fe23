"""The recipes of ``docs/operators.md``: extracted from the page and run on the stand-in."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from airflow.sdk import DAG

from local.settings import ROOT
from redshift_elt.ddl.files import statements_of, table_of
from tests.support.warehouse import BUCKET, WarehouseUnderTest

PAGE = ROOT / "docs" / "operators.md"
# The placeholders of the page: one for the operators of the recipe, one for the user's bucket.
PLACE, THEIR_BUCKET = "    ...\n", "my-bucket"


@dataclass(frozen=True)
class Recipe:
    """One recipe.

    :param ddl: the statements that create its tables.
    :param code: the whole DAG file.
    """

    title: str
    ddl: tuple[str, ...]
    code: str

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the recipe creates."""
        return tuple(name for statement in self.ddl if (name := table_of(statement)))

    def dag(self) -> DAG:
        """Return the DAG of the recipe."""
        names: dict[str, Any] = {}
        exec(compile(self.code, self.title, "exec"), names)  # noqa: S102
        dag = names["dag"]
        dag.resolve_template_files()
        return dag


class Kitchen:
    """A recipe with its tables, whose files and rows are written by hand."""

    def __init__(self, recipe: Recipe, warehouse: WarehouseUnderTest) -> None:
        self.recipe = recipe
        self.warehouse = warehouse
        warehouse.dag = recipe.dag()

    def run(self, start: str, end: str) -> dict[str, Any]:
        """Run every task for a window, and return their results."""
        run = self.warehouse.run(start, end)
        return {task.task_id: run.execute(task.task_id) for task in run.dag.topological_sort()}

    def put(self, key: str, *lines: str) -> None:
        """Upload an object of lines."""
        self.warehouse.put(key, "\n".join(lines).encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the sorted rows of a query."""
        return sorted(self.warehouse.query(query))


def recipes() -> dict[str, Recipe]:
    """Return the recipes of the page by their titles."""
    text = PAGE.read_text("utf-8")
    [section] = re.findall(r"^## Recipes$(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    introduction, *parts = re.split(r"^### (.*)\n", section, flags=re.MULTILINE)
    [frame] = _blocks(introduction, "python")
    return {title: _recipe(title, part, frame) for title, part in zip(parts[::2], parts[1::2], strict=True)}


def _recipe(title: str, part: str, frame: str) -> Recipe:
    [ddl], [operators] = _blocks(part, "sql"), _blocks(part, "python")
    assert frame.count(PLACE) == frame.count(THEIR_BUCKET) == 1
    code = frame.replace(PLACE, textwrap.indent(operators, "    ")).replace(THEIR_BUCKET, BUCKET)
    return Recipe(title, tuple(statements_of(ddl)), code)


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
