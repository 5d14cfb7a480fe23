"""The tables: made from one DDL file each."""

from __future__ import annotations

from pathlib import Path


def ddl_files(folder: Path) -> list[Path]:
    """Return a folder's DDL files: those of its subfolders first, for a table may need a schema that they make."""
    return [*sorted(folder.glob("*/*.sql")), *sorted(folder.glob("*.sql"))]


def ddl_statements(folder: Path) -> list[str]:
    """Return the statements of a folder's DDL files in their order, each once: several files may make one schema."""
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    statements = [
        statement
        for file in ddl_files(folder)
        for statement in DbApiHook.split_sql_string(file.read_text(encoding="utf-8"), strip_semicolon=True)
    ]
    return list(dict.fromkeys(statements))
