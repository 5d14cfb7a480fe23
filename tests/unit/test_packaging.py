"""``plugins/`` can be copied into Airflow, even from an archive without its hidden files."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local.settings import ROOT

PLUGINS = ROOT / "plugins"

# Optional packages, which a module can import only in functions.
OPTIONAL = ("airflow.providers.openlineage.extractors", "airflow.providers.slack.hooks", "matplotlib", "openlineage")

# Loads the plugins with Airflow, and prints the result.
LOAD = f"""
import json, sys
sys.modules.update(dict.fromkeys({OPTIONAL!r}))

import airflow
from airflow import plugins_manager

standard = {{name: sys.modules[name] for name in sys.stdlib_module_names if name in sys.modules}}
if hasattr(plugins_manager, "_get_plugins"):
    (plugins, _), errors = plugins_manager._get_plugins(), plugins_manager.get_import_errors()
else:  # Airflow 3.1
    plugins_manager.ensure_plugins_loaded()
    plugins, errors = plugins_manager.plugins, plugins_manager.import_errors
print(json.dumps({{
    "errors": errors,
    "plugins": [plugin.name for plugin in plugins if "sparkify" in plugin.name],
    "replaced": [name for name, module in standard.items() if sys.modules.get(name) is not module],
    "bare": "render" in sys.modules,
}}))
"""


def plugin_files() -> list[Path]:
    return sorted(PLUGINS.rglob("*.py"))


@functools.cache
def names_of_others() -> set[str]:
    return {*sys.stdlib_module_names, *packages_distributions()}


def test_no_module_has_the_name_of_another_package():
    """Without ``.airflowignore`` Airflow imports each file by its bare name, which replaces a module of that name."""
    assert plugin_files()
    assert [str(file) for file in plugin_files() if file.stem in names_of_others()] == []


def test_no_module_is_named_main():
    """For the same reason, Airflow would run it as a program in each process. Give a command's module a name."""
    assert [str(file) for file in plugin_files() if file.stem == "__main__"] == []


def test_no_package_has_the_name_of_another_package():
    packages = {file.relative_to(PLUGINS).parts[0] for file in plugin_files() if file.parent != PLUGINS}
    assert packages & names_of_others() == set()


@pytest.mark.long("the plugins folder in an Airflow of its own")
@pytest.mark.parametrize("hidden_files", [True, False], ids=["with .airflowignore", "without hidden files"])
def test_airflow_loads_the_plugin_from_the_folder(tmp_path, hidden_files):
    ignored = ["__pycache__"] if hidden_files else ["__pycache__", ".*"]
    shutil.copytree(PLUGINS, tmp_path / "plugins", ignore=shutil.ignore_patterns(*ignored))
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "plugins"),
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert found["plugins"] == ["sparkify_warehouse"]
    assert found["replaced"] == []
    assert found["bare"] != hidden_files
