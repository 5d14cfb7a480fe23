"""Create the bookkeeping schema, or bring an existing one up to date.

Each ``NNNN_<what changes>.sql`` file beside this module is one migration, a template like those in
:mod:`redshift_elt.sql`. The table ``schema_versions`` has a row for each one that has been applied. A migration and its
row are one transaction, so a migration that fails, or whose process is killed, leaves nothing behind, and the next call
applies it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from redshift_elt.ddl import qualified_targets
from redshift_elt.ddl.files import statements_of
from redshift_elt.ddl.unversioned import Catalogue, is_applied
from redshift_elt.sql.render import Templates, render

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

# The tables that runs write, without the schema. The templates of a run's own tables are not among them.
TABLES = (
    "check_results",
    "listings",
    "loaded_files",
    "loaded_periods",
    "loads",
    "rejects",
    "schema_drift",
    "snapshots",
)

_VERSIONS = "schema_versions"
_FOLDER = Path(__file__).parent
_MIGRATIONS = Templates(_FOLDER)


class Database(Protocol):
    """A connection that logs in as an administrator."""

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, and return the rows of the last one, which is a query."""


@dataclass(frozen=True)
class Migration:
    """One change of the schema.

    :param version: its place in the order, from 1.
    :param name: its file's name.
    """

    version: int
    name: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class _State:
    catalogue: Catalogue
    versions: frozenset[int]


def migrations() -> tuple[Migration, ...]:
    """Return all migrations in their order."""
    return tuple(_read(file.name) for file in sorted(_FOLDER.glob("*.sql")))


def migrate(database: Database) -> list[str]:
    """Apply every migration that the schema does not have yet, and return the names of those that changed it.

    It may be called at any time and by several processes at once. Rows are kept.
    """
    changed = []
    known = migrations()
    state = _state(database)
    while pending := [migration for migration in known if migration.version not in state.versions]:
        migration = pending[0]
        statements: tuple[str, ...] = () if is_applied(migration.version, state.catalogue) else migration.statements
        if migration.version == qualified_targets.VERSION:
            targets = database.run([render("migrate/targets.sql")])
            statements = (*statements, *qualified_targets.statements_for(targets))
        try:
            state = replace(state, versions=_apply(database, migration.version, statements))
        except Exception:
            state = _state(database)
            if migration.version not in state.versions:
                raise
            log.info("Migration %s: applied by another process.", migration.name)
            continue
        log.info("Migration %s: %s.", migration.name, "applied" if statements else "the schema has it already")
        if statements:
            changed.append(migration.name)
    return changed


def _apply(database: Database, version: int, statements: Sequence[str]) -> frozenset[int]:
    """Apply a migration and return the versions that the schema has then."""
    rows = database.run(
        [
            render("migrate/lock_versions.sql"),
            render("migrate/fail_if_applied.sql", version=version),
            *statements,
            render("migrate/record_version.sql", version=version),
            render("migrate/versions.sql"),
        ]
    )
    return frozenset(version for (version,) in rows)


def _state(database: Database) -> _State:
    columns = render("migrate/columns.sql")
    catalogue = Catalogue.of(database.run([columns]))
    if not catalogue.has_table(_VERSIONS):
        catalogue = _with_versions(database, columns)
    versions = database.run([render("migrate/versions.sql")])
    return _State(catalogue, frozenset(version for (version,) in versions))


def _with_versions(database: Database, columns: str) -> Catalogue:
    """Create the table of versions and return the catalogue with it."""
    create = [render("migrate/create_schema.sql"), render("migrate/create_versions.sql")]
    try:
        return Catalogue.of(database.run([*create, columns]))
    except Exception:
        # Of two processes that create it at the same moment, one fails.
        catalogue = Catalogue.of(database.run([columns]))
        if not catalogue.has_table(_VERSIONS):
            raise
        return catalogue


def _read(name: str) -> Migration:
    version, _, _ = name.partition("_")
    return Migration(int(version), name, tuple(statements_of(_MIGRATIONS.render(name))))
