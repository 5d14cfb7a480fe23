"""A client that loads objects into tables, for the tests of COPY and UNLOAD."""

from __future__ import annotations

import json

import psycopg
import pytest

from redshift_standin.copy import parse
from redshift_standin.errors import WarehouseError
from standin_support.whole import BUCKET, CLUSTER, DATABASE, Whole


class Loader:
    """One session on the whole stand-in, in autocommit mode.

    ``notices`` holds the severity and the text of each notice of the last COPY.
    """

    def __init__(self, whole: Whole, **login) -> None:
        self.whole = whole
        self.connection = whole.psycopg(**login)
        self.notices: list[tuple] = []
        self.connection.add_notice_handler(
            lambda notice: self.notices.append((notice.severity, notice.message_primary))
        )

    def put(self, key: str, content: str | bytes | dict) -> str:
        """Upload an object and return its URL; a dictionary is uploaded as JSON."""
        if isinstance(content, dict):
            content = json.dumps(content)
        self.whole.put(key, content if isinstance(content, bytes) else content.encode())
        return f"s3://{BUCKET}/{key}"

    def run(self, *statements: str) -> list[tuple]:
        """Run statements and return the rows of the last one."""
        rows = []
        for statement in statements:
            cursor = self.connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        return rows

    def copy(self, source: str, options: str = "", table: str = "t", role: str = "default") -> list[tuple]:
        """Load a table and return all of its rows, ordered by the first column."""
        self.notices.clear()
        self.connection.execute(f"copy {table} from '{source}' iam_role {role} {options}")
        return self.connection.execute(f"select * from {table.partition('(')[0]} order by 1").fetchall()

    def fails(self, statement: str) -> psycopg.Error:
        """Run a statement that fails, and return its error."""
        with pytest.raises(psycopg.Error) as caught:
            self.connection.execute(statement)
        return caught.value

    def copy_fails(self, source: str, options: str = "", table: str = "t", role: str = "default") -> psycopg.Error:
        """Run a COPY that fails, and return its error."""
        return self.fails(f"copy {table} from '{source}' iam_role {role} {options}")

    def as_user(self, user: str) -> Loader:
        """Open a session as a regular user, who is created if missing."""
        redshift = self.whole.client("redshift")
        arguments = {"ClusterIdentifier": CLUSTER, "DbName": DATABASE, "DbUser": user}
        credentials = redshift.get_cluster_credentials(**arguments, AutoCreate=True)
        return Loader(self.whole, user=credentials["DbUser"], password=credentials["DbPassword"])


def detail_of(error: psycopg.Error) -> dict[str, str]:
    """Return the lines of an error's DETAIL as a dictionary."""
    lines = [line.strip().partition(":") for line in (error.diag.message_detail or "").splitlines()]
    return {name: text.strip() for name, _, text in lines}


def refusal(options: str) -> WarehouseError:
    """Return the error that these options of COPY raise."""
    with pytest.raises(WarehouseError) as caught:
        parse(f"copy t from 's3://b/k' iam_role default {options}")
    return caught.value
