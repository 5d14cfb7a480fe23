"""What a statement becomes: the text for PostgreSQL, and what the session must do around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from local.standin.sql.output import Positions


class Action(Enum):
    """How the session runs a statement."""

    RUN = "run it as it is"
    WRITE = "lock the table that it writes, then run it"
    COPY = "load objects from S3"
    UNLOAD = "write a query's result to S3"
    BEGIN = "open a transaction"
    END = "end the transaction"
    TRUNCATE = "run it, then commit"
    ALONE = "run it outside a transaction only"


@dataclass(frozen=True)
class Translation:
    """One statement, ready to run.

    :param source: the client's own text.
    :param sql: the text for PostgreSQL.
    :param command: the statement's name, for messages.
    :param table: the table that it writes, in PostgreSQL's quotes.
    :param positions: the way from places in ``sql`` to places in the client's text.
    :param reads_tables: whether Redshift would run it on its compute nodes, whose errors are worded otherwise.
    """

    source: str
    sql: str
    action: Action
    command: str
    table: str | None = None
    positions: Positions = field(default_factory=Positions)
    reads_tables: bool = False
