"""DDL files: one for each table of a project."""

from __future__ import annotations

import re
from pathlib import Path

from redshift_elt.sql.identifiers import PUBLIC

_TABLE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)")
_COMMENT = re.compile(r"--[^\n]*")


def statements_of(ddl: str) -> list[str]:
    """Return the statements of a DDL file, each without its semicolon."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    return DbApiHook.split_sql_string(ddl, strip_semicolon=True)


def ddl_files(folder: Path) -> list[list[str]]:
    """Return the statements of each DDL file of a folder, in the order of the files' names."""
    return [statements_of(file.read_text("utf-8")) for file in sorted(folder.glob("*.sql"))]


def table_of(statement: str) -> str | None:
    """Return the table that a DDL statement creates, as ``schema.table``; None if it creates none."""
    found = _TABLE.match(_COMMENT.sub("", statement).strip().lower())
    if not found:
        return None
    name = found[1].replace('"', "")
    return name if "." in name else f"{PUBLIC}.{name}"
