"""Which warnings ``make airflow`` leaves out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.stack.shell import warning_filters

WARN = """
import warnings
warnings.warn("Could not import graphviz. Rendering graphs is not possible.")
warnings.warn("GitWildMatchPattern ('gitwildmatch') is deprecated.", DeprecationWarning)
warnings.warn("The `airflow.utils.operator_helpers.determine_kwargs` attribute is deprecated. Use another one.")
warnings.warn("Could not import pandas.")
"""


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (None, ["Could not import pandas."]),
        ("", ["Could not import pandas."]),
        ("ignore:Could not import pandas", []),
        (
            "always:Could not import",
            ["Could not import graphviz. Rendering graphs is not possible.", "Could not import pandas."],
        ),
    ],
)
def test_only_known_warnings_of_libraries_are_left_out_unless_the_user_asks_for_them(given, printed):
    variables = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": warning_filters(given)}
    done = subprocess.run([sys.executable, "-c", WARN], env=variables, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert [line.partition("UserWarning: ")[2] for line in lines if "Warning: " in line] == printed
