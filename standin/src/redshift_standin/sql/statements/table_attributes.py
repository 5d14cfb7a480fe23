"""Table attributes that only Redshift has: distribution, sort keys and compression."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.data_types import Type
from redshift_standin.sql.statement import Statement


@dataclass
class Table:
    """A table as CREATE TABLE defines it.

    :param parent: the table that it is made like, in PostgreSQL's quotes.
    """

    columns: dict[str, Type] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    distribution: str | None = None
    distribution_key: str | None = None
    sort_key: tuple[str, ...] = ()
    interleaved: bool = False
    encodings: dict[str, str] = field(default_factory=dict)
    has_identity: bool = False
    parent: str | None = None

    def set_distribution_key(self, column: str) -> None:
        """Set the distribution key; a table has at most one.

        :raises WarehouseError: it has one already.
        """
        if self.distribution_key is not None:
            raise WarehouseError("only one column can be the distribution key", sqlstate=sqlstate.SYNTAX_ERROR)
        self.distribution_key = column

    def check(self) -> None:
        """Refuse attributes that contradict each other or name no column.

        :raises WarehouseError: they do.
        """
        if self.distribution == "key" and self.distribution_key is None:
            raise WarehouseError("no DISTKEY column specified with DISTSTYLE KEY", sqlstate=sqlstate.SYNTAX_ERROR)
        if self.distribution not in (None, "key") and self.distribution_key is not None:
            raise WarehouseError(
                f"cannot specify DISTKEY with DISTSTYLE {self.distribution}", sqlstate=sqlstate.SYNTAX_ERROR
            )
        if self.columns and self.parent is None:
            for column in (*filter(None, [self.distribution_key]), *self.sort_key, *self.not_null):
                if column not in self.columns:
                    raise WarehouseError(
                        f'column "{column}" named in key does not exist', sqlstate=sqlstate.UNDEFINED_COLUMN
                    )

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes that the statement sets."""
        attributes = {
            "distribution": "key" if self.distribution_key else self.distribution,
            "distribution_key": self.distribution_key,
            "sort_key": self.sort_key,
            "interleaved": self.interleaved,
            "encodings": self.encodings,
            "identity": self.has_identity,
            "parent": self.parent,
        }
        return {name: value for name, value in attributes.items() if value}


def write_attributes(output: Output, attributes: dict[str, Any]) -> None:
    """End a statement with a comment that an event trigger reads (catalog/60_table_attributes.sql).

    The comment is JSON in hexadecimal, because a name could end it.
    """
    output.write(f" /* attributes {json.dumps(attributes).encode().hex()} */")


def write_table_attributes(output: Output, table: Table, *, indexed: bool = False) -> None:
    """Write the attributes that PostgreSQL does not have, for a new table.

    :param indexed: also write the numbers of the sort key's columns, for the index of catalog/60_sort_keys.sql.
    """
    if table.attributes:
        write_attributes(output, table.attributes)
    if table.sort_key and indexed:
        names = list(table.columns)
        output.write(f" /* sort key {' '.join(str(names.index(column) + 1) for column in table.sort_key)} */")


def read_attributes(statement: Statement, index: int, table: Table) -> int:
    """Read the table attributes at this index and return the index after them."""
    while index < len(statement) and not statement.at(index, "as"):
        if statement.at(index, "backup") and statement.at_any(index + 1, ("yes", "no")):
            index += 2
        elif statement.at(index, "diststyle") and statement.at_any(index + 1, ("auto", "even", "key", "all")):
            table.distribution = statement.tokens[index + 1].value
            index += 2
        elif statement.at(index, "distkey", "("):
            (column,), after = statement.name(index + 2)
            table.set_distribution_key(column)
            index = statement.expect(after, ")")
        elif statement.at(index, "sortkey", "auto"):
            index += 2
        elif statement.at_any(index, ("compound", "interleaved", "sortkey")):
            index = _read_sort_key(statement, index, table)
        elif statement.at(index, "encode", "auto"):
            index += 2
        else:
            raise statement.near(index)
    return index


def _read_sort_key(statement: Statement, index: int, table: Table) -> int:
    if table.sort_key:
        raise WarehouseError("a table can have one SORTKEY only", sqlstate=sqlstate.SYNTAX_ERROR)
    limit = 8 if statement.at(index, "interleaved") else 400
    if statement.at_any(index, ("compound", "interleaved")):
        index += 1
    opening = statement.expect(index, "sortkey")
    statement.expect(opening, "(")
    closing = statement.closing[opening]
    columns = [statement.name(low)[0][0] for low, _ in statement.split(opening + 1, closing)]
    if not 1 <= len(columns) <= limit:
        raise WarehouseError(f"a SORTKEY of this kind has 1 to {limit} columns", sqlstate=sqlstate.SYNTAX_ERROR)
    table.sort_key = tuple(columns)
    table.interleaved = limit == 8
    return closing + 1
