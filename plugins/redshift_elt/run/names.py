"""The names of a run's staging tables and manifests, which no other run uses, in this environment or another."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from redshift_elt.sql.bookkeeping import DEFAULT, bookkeeping_schema

# What the keys of all manifests begin with.
MANIFESTS = "manifests/"

# What the names of tables in which a run has not staged everything have after the name of the template.
UNFINISHED = "_unfinished"

_SUFFIX = "[0-9a-f]{12}"
_FILES_TABLE = re.compile(f"(.+)_files__({_SUFFIX})")
_MANIFEST = re.compile(f"{MANIFESTS}[^/]+/({_SUFFIX})/.+")


class DagRun(Protocol):
    """The two ids that identify a run."""

    @property
    def dag_id(self) -> str:
        """The id of its DAG."""

    @property
    def run_id(self) -> str:
        """Its id, which other DAGs may use too."""


@dataclass(frozen=True)
class RunIds:
    """The ids of a run that were read back from the text of :func:`run_text`."""

    dag_id: str
    run_id: str


def run_text(dag_run: DagRun) -> str:
    """Return both ids as one text."""
    return f"{dag_run.dag_id}/{dag_run.run_id}"


def run_of_text(text: str) -> RunIds:
    """Return the ids in a text of :func:`run_text`."""
    # The id of a DAG has no slash.
    return RunIds(*text.split("/", 1))


def suffix(dag_run: DagRun) -> str:
    """Return 12 letters and digits that identify a run of a DAG; a retry of the run has the same.

    Scheduled runs of one DAG have the same ids in every environment, and environments may share a database or a bucket.
    Each of them has a bookkeeping schema of its own.
    """
    schema = bookkeeping_schema()
    # Without the default, which earlier versions did not write. The id of a DAG has no colon.
    environment = "" if schema == DEFAULT else f"{schema}:"
    return hashlib.sha256(f"{environment}{run_text(dag_run)}".encode()).hexdigest()[:12]


def staging_table(template: str, dag_run: DagRun) -> str:
    """Return the name of a run's staging table, such as ``staging_orders__0a1b2c3d4e5f``.

    :param template: the permanent, empty table that it is made like.
    """
    return f"{template}__{suffix(dag_run)}"


def files_table(template: str, dag_run: DagRun) -> str:
    """Return the name of the table that says which objects a run's staging table was loaded from."""
    return f"{template}_files__{suffix(dag_run)}"


@dataclass(frozen=True)
class UnfinishedTables:
    """The names of the tables of a staging that is committed period by period, until it is finished.

    They differ from those of a finished staging, so that no load can read them.

    :param staging: the staging table.
    :param files: the objects that are staged.
    :param periods: the periods that have been copied.
    :param rejects: the records that COPY could not load.
    """

    staging: str
    files: str
    periods: str
    rejects: str

    @classmethod
    def of_suffix(cls, template: str, digest: str) -> UnfinishedTables:
        """Return the names for a run.

        :param template: the permanent, empty table that the staging table is made like.
        :param digest: the :func:`suffix` of the run.
        """
        kinds = ("", "_files", "_periods", "_rejects")
        return cls(*(f"{template}{UNFINISHED}{kind}__{digest}" for kind in kinds))

    @classmethod
    def of_staging(cls, name: str) -> UnfinishedTables | None:
        """Return the names that belong to a staging table; None if that is not the table of an unfinished staging."""
        template, _, digest = name.rpartition("__")
        return cls.of_suffix(template.removesuffix(UNFINISHED), digest) if template.endswith(UNFINISHED) else None

    @property
    def all(self) -> list[str]:
        """All names."""
        return [self.staging, self.files, self.periods, self.rejects]


def run_prefix(dag_run: DagRun) -> str:
    """Return the S3 prefix of a run's manifests, with a slash at its end."""
    return f"{MANIFESTS}{dag_run.dag_id}/{suffix(dag_run)}/"


def suffix_of_manifest(key: str) -> str | None:
    """Return the suffix of the run that wrote a manifest; None if the key is not that of a manifest.

    :param key: the key of an object below :data:`MANIFESTS`.
    """
    found = _MANIFEST.fullmatch(key)
    return found[1] if found else None


def files_table_parts(name: str) -> tuple[str, str] | None:
    """Return the template and the suffix in the name of :func:`files_table`; None for the names of other tables."""
    found = _FILES_TABLE.fullmatch(name)
    return (found[1], found[2]) if found else None


def template_of_run_table(name: str) -> str:
    """Return the permanent table that belongs to a run's staging table, or to its table of files."""
    found = files_table_parts(name)
    return found[0] if found else name.rpartition("__")[0]


def is_staging_table(name: str, template: str) -> bool:
    """Return whether a table is the staging table of some run, finished or not.

    :param template: the permanent table that the staging table was created like.
    """
    return re.fullmatch(f"{template}(?:{UNFINISHED})?__{_SUFFIX}", name) is not None
