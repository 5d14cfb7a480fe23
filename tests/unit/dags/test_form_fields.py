"""Each field of a trigger form takes effect, in Sparkify's DAGs, the examples and the recipes: a task reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
from airflow.sdk import DAG

from local.settings import ROOT
from redshift_elt.operators.load import LoadOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from tests.support.airflow_versions import DagBag
from tests.support.recipes import recipes

# What resolve_window() reads; see tests/unit/run/test_window.py.
WINDOW = {"window_start", "window_end", "lookback_days", "full_load"}


def dags() -> dict[str, DAG]:
    """Return the DAGs of the project by their files, and those of the recipes by their titles."""
    found = {}
    for folder in (ROOT / "dags", ROOT / "docs" / "examples"):
        bag = DagBag(folder, bundle_path=folder)
        assert bag.import_errors == {}
        found |= bag.dags
    return found | {title: recipe.dag() for title, recipe in recipes().items()}


def fields_that_are_read(dag: DAG) -> set[str]:
    """Return the names of the params that the tasks of a DAG read."""
    found: set[str] = set()
    for task in dag.tasks:
        found |= in_templates(task)
        if isinstance(task, (StageToRedshiftOperator, LoadOperator)):
            found |= WINDOW
        if isinstance(task, StageToRedshiftOperator) and "on_missing" in in_templates(task):
            found.add("confirm_delete")
        for function in (getattr(task, "python_callable", None), task._pre_execute_hook):
            found |= set(constants_of(function, set())) if function else set()
    return found


def in_templates(task: Any) -> set[str]:
    # The representation of a collection or a dataclass has the texts in it.
    return set(re.findall(r"\bparams\.(\w+)", repr([getattr(task, field, None) for field in task.template_fields])))


def constants_of(function: Callable[..., Any], seen: set[CodeType]) -> Iterator[str]:
    """Yield the texts in a function and in the functions that it names, which contain the keys that it reads."""
    code = function.__code__
    if code in seen:
        return
    seen.add(code)
    yield from (constant for constant in code.co_consts if isinstance(constant, str))
    for name in code.co_names:
        other = function.__globals__.get(name)
        if hasattr(other, "__code__"):
            yield from constants_of(other, seen)


DAGS = dags()


@pytest.mark.parametrize("name", DAGS)
def test_every_field_of_the_form_takes_effect(name):
    assert set(DAGS[name].params) - fields_that_are_read(DAGS[name]) == set()


def test_dags_of_all_folders_and_recipes_are_tested():
    assert {"sparkify_etl", "sparkify_create_cluster", "shop_etl", "shop_maintenance", "Daily JSON"} <= set(DAGS)
