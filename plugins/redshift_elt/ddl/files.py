"""DDL files: one for each table of a project."""

from __future__ import annotations

import re
from pathlib import Path

from redshift_elt.sql.identifiers import PUBLIC

_TABLE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)")
_COMMENT = re.compile(r"--[^\n]*")
# What cannot begin a statement: a text, the body of a function, a comment.
_NOT_CODE = re.compile(r"'(?:[^']|'')*'|\$\$.*?\$\$|--[^\n]*|/\*.*?\*/", re.DOTALL)

# The beginnings of statements that fail or lose rows if they are run again, and what to write instead.
_NOT_REPEATABLE = {
    r"create\s+(table|schema)\b(?!\s+if\s+not\s+exists\b)": "write create {0} if not exists",
    r"create\s+(view|function|procedure)\s": "write create or replace {0}",
    r"(drop\s+table|truncate|delete\s+from)\s": "remove it, and run it by hand when it is needed",
}
_BEGINNINGS = [
    (re.compile(rf"(?:\A|;)\s*(?P<beginning>{beginning})", re.IGNORECASE), instead)
    for beginning, instead in _NOT_REPEATABLE.items()
]


def statements_of(ddl: str) -> list[str]:
    """Return the statements of a DDL file, each without its semicolon."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    return DbApiHook.split_sql_string(ddl, strip_semicolon=True)


def ddl_files(folder: Path) -> list[list[str]]:
    """Return the statements of each DDL file of a folder, in the order of the files' names.

    :raises ValueError: a statement fails or loses rows if it is run again; the message names file and line.
    """
    return [_repeatable_statements(file) for file in sorted(folder.glob("*.sql"))]


def table_of(statement: str) -> str | None:
    """Return the table that a DDL statement creates, as ``schema.table``; None if it creates none."""
    found = _TABLE.match(_COMMENT.sub("", statement).strip().lower())
    if not found:
        return None
    name = found[1].replace('"', "")
    return name if "." in name else f"{PUBLIC}.{name}"


def _repeatable_statements(file: Path) -> list[str]:
    ddl = file.read_text("utf-8")
    code = _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), ddl)
    for beginning, instead in _BEGINNINGS:
        if found := beginning.search(code):
            line = code.count("\n", 0, found.start("beginning")) + 1
            written = " ".join(found["beginning"].split()).lower()
            raise ValueError(
                f"{file}, line {line}: {written!r} cannot be repeated, but the files of this folder are run each time "
                f"that tables are created: {instead.format(found[2].lower())}."
            )
    return statements_of(ddl)
