"""The rows that COPY reads from one object, without a database and without S3."""

from __future__ import annotations

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.row_reader import RowReader


class OneObject:
    bucket, key, url = "b", "k", "s3://b/k"


def read(monkeypatch, content: bytes, options: str, *columns: Column) -> tuple[list[tuple[str, ...]], list[tuple]]:
    """Return the rows in PostgreSQL's text format, and the line, column, code and reason of each error."""
    monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: content)
    copy = parse(f"copy t from 's3://b/k' iam_role default ignoreallerrors {options}")
    reader = RowReader(copy, Target(0, "t", columns), None, [OneObject], None)
    rows = b"".join(reader.pieces()).decode().splitlines()
    errors = [(error.line, error.column, error.code, error.reason) for error in reader.errors]
    return [tuple(row.split("\t")) for row in rows], errors


def load(monkeypatch, column: Column, raw: bytes, options: str = ""):
    """Return the text that a JSON value is converted to, or the code and the reason of its error."""
    rows, errors = read(monkeypatch, b'{"c": %s}' % raw, f"json 'auto' {options}", column)
    return errors[0][2:] if errors else rows[0][0]


def varchar(size: int = 20) -> Column:
    return Column("c", "varchar", size)
