"""Snapshots on disk: the databases of a cluster, saved while clients work, and loaded into another cluster."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.engine.programs import Programs
from redshift_standin.sql.database_changes import Isolation

_DATABASES, _DUMP, _NOTES = "databases.json", "database.dump", "notes.json"

# The stand-in's own objects are created in every database, and some identify its cluster.
_SCHEMAS = (
    "select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'standin')"
)


@dataclass(frozen=True)
class SavedDatabase:
    """One database of a snapshot.

    :param name: the clients' name of it.
    :param folder: where its content is.
    """

    name: str
    isolation: Isolation
    folder: Path


def save(
    server: PostgresServer, programs: Programs, databases: Mapping[str, tuple[str, Isolation]], folder: Path
) -> None:
    """Save the committed data of databases in a folder that only its owner can read, all or nothing.

    Each is written as it is at one moment, which is not the same for all of them.

    :param databases: for PostgreSQL's name of each the clients' name, and its level.
    :param folder: does not exist yet, or is an older snapshot that this one replaces.
    :raises StandinError: pg_dump failed.
    """
    unfinished = folder.with_name(folder.name + ".new")
    remove(unfinished)
    unfinished.mkdir(mode=0o700, parents=True)
    for number, database in enumerate(databases):
        _dump(server, programs, database, unfinished / str(number))
    saved = [(name, isolation.name) for name, isolation in databases.values()]
    (unfinished / _DATABASES).write_text(json.dumps(saved))
    remove(folder)
    unfinished.replace(folder)


def databases(folder: Path) -> list[SavedDatabase]:
    """Return the databases of a snapshot."""
    saved = json.loads((folder / _DATABASES).read_text())
    return [
        SavedDatabase(name, Isolation[isolation], folder / str(number))
        for number, (name, isolation) in enumerate(saved)
    ]


def _dump(server: PostgresServer, programs: Programs, database: str, folder: Path) -> None:
    folder.mkdir()
    with psycopg.connect(**server.dsn.parameters(database)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        [(snapshot,)] = connection.execute("select pg_export_snapshot()").fetchall()
        schemas = [name for (name,) in connection.execute(_SCHEMAS)]
        [(notes,)] = connection.execute("select standin.tell_notes()").fetchall()
        programs.run(
            "pg_dump",
            *("--format=custom", "--compress=1", f"--snapshot={snapshot}", f"--file={folder / _DUMP}"),
            *(f"--schema={_pattern(name)}" for name in schemas),
            database,
        )
    (folder / _NOTES).write_text(json.dumps(notes))


def users(saved: SavedDatabase) -> list[str]:
    """Return the users who could connect to the database."""
    return _notes(saved)["users"]


def load(server: PostgresServer, programs: Programs, database: str, saved: SavedDatabase) -> None:
    """Load a snapshot into a new database of a cluster; the users must exist.

    :raises StandinError: pg_restore failed.
    """
    dump = str(saved.folder / _DUMP)
    listed = programs.run("pg_restore", "--list", dump).splitlines()
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        # The database has this schema already, with the privileges that pg_dump expects.
        wanted.write("\n".join(line for line in listed if " SCHEMA - public " not in line))
        wanted.flush()
        programs.run(
            "pg_restore",
            *("--single-transaction", f"--use-list={wanted.name}", f"--dbname={database}"),
            dump,
        )
    with psycopg.connect(**server.dsn.parameters(database), autocommit=True) as connection:
        connection.execute("select standin.take_notes(%s)", (Jsonb(_notes(saved)),))
        connection.execute("analyze")


def remove(folder: Path) -> None:
    """Delete a snapshot if it exists."""
    if folder.exists():
        shutil.rmtree(folder)


def _notes(saved: SavedDatabase) -> dict[str, list[str]]:
    notes: dict[str, list[str]] = json.loads((saved.folder / _NOTES).read_text())
    return notes


def _pattern(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
