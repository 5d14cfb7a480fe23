"""The translation of a statement: the text for PostgreSQL, and what the session must do around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from redshift_standin.sql.database_changes import DatabaseChange
from redshift_standin.sql.output import Output, Positions
from redshift_standin.sql.queries.named_relations import BEFORE_RELATION, named_relations
from redshift_standin.sql.statement import Statement

_HISTORY = ("stl_query", "sys_query_history")


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
    DATABASE = "change the databases, outside a transaction only"


@dataclass(frozen=True)
class Translation:
    """One statement, ready to run.

    :param source: the client's own text.
    :param sql: the text for PostgreSQL.
    :param command: the statement's name, for messages.
    :param table: the table that it writes, in PostgreSQL's quotes.
    :param database: the change of a database, for Action.DATABASE.
    :param positions: maps positions in ``sql`` to positions in the client's text.
    :param tag: the command tag for the client, where PostgreSQL's differs.
    :param reads_tables: whether Redshift would run it on its compute nodes, whose errors have other texts.
    :param relations: the tables that it reads or writes, in PostgreSQL's quotes.
    :param unordered: whether Redshift guarantees no order of its rows.
    :param only_reads: whether it has no effect other than its rows.
    :param reads_history: whether it queries the history of statements.
    """

    source: str
    sql: str
    action: Action
    command: str
    table: str | None = None
    positions: Positions = field(default_factory=Positions)
    tag: str | None = None
    reads_tables: bool = False
    relations: tuple[str, ...] = ()
    unordered: bool = False
    only_reads: bool = False
    reads_history: bool = False
    database: DatabaseChange | None = None

    @property
    def only_adds(self) -> bool:
        """Whether it adds rows and changes none."""
        return self.command in ("INSERT", "COPY")

    @classmethod
    def from_output(
        cls, statement: Statement, output: Output, action: Action = Action.RUN, **more: str | None
    ) -> Translation:
        """Return the translation whose text is in the output.

        :param more: the command, the table and the tag, where they differ from the default.
        """
        reads_tables = any(statement.at_any(index, BEFORE_RELATION) for index in range(len(statement)))
        command = more.pop("command", None) or statement.tokens[0].value.upper()
        return cls(
            source=statement.text,
            sql=output.text,
            action=action,
            command=command,
            table=more.get("table"),
            tag=more.get("tag"),
            positions=output.positions,
            reads_tables=reads_tables,
            reads_history=statement.has_any(*_HISTORY),
            relations=named_relations(statement) if reads_tables else (),
        )

    @classmethod
    def from_text(
        cls,
        statement: Statement,
        sql: str,
        action: Action = Action.RUN,
        command: str | None = None,
        tag: str | None = None,
    ) -> Translation:
        """Return the translation to this text."""
        output = Output(statement)
        output.write(sql)
        return cls.from_output(statement, output, action, command=command, tag=tag)

    @classmethod
    def unchanged(cls, statement: Statement) -> Translation:
        """Return the translation that is the statement itself."""
        output = Output(statement)
        for index in range(len(statement)):
            output.copy(index)
        return cls.from_output(statement, output)
