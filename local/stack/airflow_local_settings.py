"""Airflow imports this file on startup. Processes that fork a process per task import what tasks need before that.

Forked processes inherit it: a task parses its file in a tenth of the time, and creates an AWS client in a third.
"""

import functools
import importlib
import importlib.util
import inspect
import os

__all__: list[str] = []

MODULES = (
    "airflow.sdk",
    "airflow.sdk.definitions.decorators",
    "airflow.sdk.definitions.retry_policy",
    "airflow.providers.amazon.aws.hooks.redshift_cluster",
    "airflow.providers.amazon.aws.hooks.redshift_sql",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.common.sql.operators.sql",
    "airflow.providers.standard.operators.python",
)


@functools.cache
def _import_ahead() -> None:
    for module in MODULES:
        # That of retry policies is new in Airflow 3.3.
        if importlib.util.find_spec(module):
            importlib.import_module(module)
    importlib.import_module("shared_aws_models").read_ahead()


if os.environ.get("SPARKIFY_IMPORT_AHEAD"):
    # Airflow's AWS hooks and the Redshift driver inspect the call stack, for which Python looks up the file of every
    # imported module. It caches the result, so a forked process inherits it.
    os.register_at_fork(before=inspect.stack)
    # Not now: Airflow 3.1 imports this file while it imports itself. The last function that is registered runs first.
    os.register_at_fork(before=_import_ahead)
