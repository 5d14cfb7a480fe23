"""The names of a run's staging tables and manifests, which no other run uses, in this environment or another."""

from __future__ import annotations

import hashlib
from typing import Protocol

from redshift_elt.sql.bookkeeping import DEFAULT, bookkeeping_schema

# What the keys of all manifests begin with.
MANIFESTS = "manifests/"


class DagRun(Protocol):
    """The two ids that identify a run."""

    dag_id: str
    run_id: str


def suffix(dag_run: DagRun) -> str:
    """Return 12 letters and digits that identify a run of a DAG; a retry of the run has the same.

    Scheduled runs of one DAG have the same ids in every environment, and environments may share a database or a bucket.
    Each of them has a bookkeeping schema of its own.
    """
    schema = bookkeeping_schema()
    # Without the default, which earlier versions did not write. The id of a DAG has no colon.
    environment = "" if schema == DEFAULT else f"{schema}:"
    return hashlib.sha256(f"{environment}{dag_run.dag_id}/{dag_run.run_id}".encode()).hexdigest()[:12]


def staging_table(template: str, dag_run: DagRun) -> str:
    """Return the name of a run's staging table, such as ``staging_orders__0a1b2c3d4e5f``.

    :param template: the permanent, empty table that it is made like.
    """
    return f"{template}__{suffix(dag_run)}"


def files_table(template: str, dag_run: DagRun) -> str:
    """Return the name of the table that says which objects a run's staging table was loaded from."""
    return f"{template}_files__{suffix(dag_run)}"


def run_prefix(dag_run: DagRun) -> str:
    """Return the S3 prefix of a run's manifests, with a slash at its end."""
    return f"{MANIFESTS}{dag_run.dag_id}/{suffix(dag_run)}/"
