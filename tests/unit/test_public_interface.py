"""``redshift_elt`` exports the public names and imports them lazily."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import airflow
import pytest
from jsonschema import validate

import redshift_elt

PLUGINS = Path(redshift_elt.__file__).parents[1]
HEAVY = ("boto3", "botocore", "redshift_connector", "psycopg2", "matplotlib", "openlineage", "airflow")


def imported_for_types() -> dict[str, str]:
    tree = ast.parse(Path(redshift_elt.__file__).read_text("utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {name.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names}


def test_importing_the_package_is_light():
    code = f"import sys, redshift_elt; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PLUGINS, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", redshift_elt.__all__)
def test_every_name_can_be_imported(name):
    assert getattr(redshift_elt, name) is not None
    assert name in dir(redshift_elt)


def test_type_checkers_see_the_same_names_from_the_same_modules():
    for name, module in imported_for_types().items():
        assert getattr(redshift_elt, name) is getattr(import_module(module), name)
    assert {*imported_for_types(), "__version__", "get_provider_info"} == {*redshift_elt.__all__}


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'redshift_elt' has no attribute 'Nonsense'"):
        redshift_elt.Nonsense  # noqa: B018


class TestProviderInfo:
    def test_it_follows_the_schema_of_airflow(self):
        schema = json.loads(Path(airflow.__file__).with_name("provider_info.schema.json").read_text("utf-8"))
        validate(redshift_elt.get_provider_info(), schema)

    def test_it_lists_modules_that_exist(self):
        info = redshift_elt.get_provider_info()
        modules = [
            module
            for kind in ("operators", "sensors", "triggers")
            for entry in info[kind]
            for module in entry["python-modules"]
        ]
        assert len(modules) > len(info["operators"])
        for module in modules:
            import_module(module)
