"""Airflow imports this file at its start: the processes that fork one for each task prepare here what tasks need.

A forked process has it already, so a task's file is parsed in a tenth of the time, and a client of AWS made in a third.
"""

import importlib
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

if os.environ.get("SPARKIFY_IMPORT_AHEAD"):
    for module in MODULES:
        importlib.import_module(module)
    importlib.import_module("shared_aws_models").read_ahead()
    # Airflow's AWS hooks and the Redshift driver look at the call stack, and Python then looks for the file of every
    # module there is. It remembers what it found, so the process that is forked has it.
    os.register_at_fork(before=inspect.stack)
