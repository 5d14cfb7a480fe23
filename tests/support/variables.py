"""Airflow's Variables in templates, from the environment, for tasks that run without Airflow's processes."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any


class _Values:
    def get(self, name: str, default: Any = None) -> Any:
        return os.environ.get(f"AIRFLOW_VAR_{name.upper()}", default)

    def __getattr__(self, name: str) -> str:
        return os.environ[f"AIRFLOW_VAR_{name.upper()}"]


VARIABLES = SimpleNamespace(value=_Values())
