"""The report at the end of the demo: row counts, check results, and the answers to the questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from local.settings import ROOT

TABLES = ("staging_events", "staging_songs", "songplays", "users", "songs", "artists", "time")
STAR_SCHEMA = TABLES[2:]
QUESTIONS = ROOT / "include" / "sql" / "questions"
ANSWER_LINES = 10


def print_report(connection: psycopg.Connection[Any], console: Console, dag_id: str, run_id: str) -> None:
    """Print the results of a run's checks, and the answers to the questions."""
    _print_checks(connection, console, dag_id, run_id)
    for question in sorted(QUESTIONS.glob("*.sql")):
        _print_answer(connection, console, question)


def row_counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Return the number of rows of each table of the star schema."""
    return {table: _count(connection, table) for table in STAR_SCHEMA}


def _print_checks(connection: psycopg.Connection[Any], console: Console, dag_id: str, run_id: str) -> None:
    """Print how many checks passed, and those that did not."""
    rows = connection.execute(
        "select target, check_name, severity, expected, actual, outcome from etl.check_results"
        " where dag_id = %s and run_id = %s order by target, check_name",
        (dag_id, run_id),
    ).fetchall()
    others = [row for row in rows if row[-1] != "passed"]
    console.print(f"\nChecks of this run: {len(rows) - len(others)} of {len(rows)} passed", style="bold")
    if others:
        names = ("target", "check", "severity", "expected", "actual", "result")
        print_table(console, "Checks that did not pass", names, others)


def _print_answer(connection: psycopg.Connection[Any], console: Console, question: Path) -> None:
    statement = question.read_text(encoding="utf-8")
    cursor = connection.execute(statement)
    rows = cursor.fetchall()
    names = [column.name for column in cursor.description or ()]
    title = statement.splitlines()[0].removeprefix("-- ")
    if len(rows) > ANSWER_LINES:
        title += f" (the first {ANSWER_LINES} of {len(rows)} rows)"
    print_table(console, title, names, rows[:ANSWER_LINES])


def print_table(console: Console, title: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table under a title."""
    table = Table(*names, title=title, title_justify="left", title_style="bold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print()
    console.print(table)


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    statement = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    row = connection.execute(statement).fetchone()
    return row[0] if row else 0
