"""The columns and constraints in the parentheses of CREATE TABLE."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.data_types import Type, read_type
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.statements.column_encodings import read_encoding
from redshift_standin.sql.statements.table_attributes import Table

# PostgreSQL's system columns, which Redshift reserves too.
_RESERVED_COLUMNS = frozenset({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


class ColumnDefinitions:
    """Writes the columns and constraints of a CREATE TABLE."""

    def __init__(self, statement: Statement, output: Output, table: Table) -> None:
        self._statement = statement
        self._output = output
        self._table = table

    def emit(self, low: int, high: int) -> None:
        """Write the columns in parentheses."""
        statement, output = self._statement, self._output
        columns = [item for item in statement.split(low, high) if not self._read_constraint(*item)]
        output.write(" (")
        for number, (start, end) in enumerate(columns):
            output.write(", " if number else "")
            if statement.at(start, "like"):
                self._emit_like(start, end)
            else:
                self.emit_column(start, end)
        output.write(")")

    def _read_constraint(self, index: int, high: int) -> bool:
        """Read a table constraint; keys are hints, but a primary key's columns are NOT NULL."""
        statement = self._statement
        if statement.at(index, "constraint"):
            index += 2
        if statement.at(index, "primary", "key", "("):
            end = statement.closing[index + 2]
            self._table.not_null |= {statement.name(low)[0][0] for low, _ in statement.split(index + 3, end)}
            after = end + 1
        elif statement.at(index, "unique", "("):
            after = statement.closing[index + 1] + 1
        elif statement.at(index, "foreign", "key", "("):
            after = self._skip_reference(statement.closing[index + 2] + 1)
        elif statement.at_any(index, ("check", "exclude")):
            raise WarehouseError(
                f"{statement.tokens[index].value.upper()} constraints are not supported",
                sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            )
        else:
            return False
        if after != high:
            raise statement.near(after)
        return True

    def _skip_reference(self, index: int) -> int:
        statement = self._statement
        index = statement.expect(index, "references")
        _, index = statement.name(index)
        return statement.closing[index] + 1 if statement.at(index, "(") else index

    def _emit_like(self, low: int, high: int) -> None:
        statement = self._statement
        parts, index = statement.name(low + 1)
        self._output.write(f"like {quote(*parts)}")
        if statement.at(index, "including", "defaults"):
            self._output.write(" including defaults")
            index += 2
        elif statement.at(index, "excluding", "defaults"):
            index += 2
        if index != high:
            raise statement.near(index)
        self._table.parent = quote(*parts)

    def emit_column(self, low: int, high: int) -> None:
        """Write one column without the attributes that only Redshift has."""
        statement, output, table = self._statement, self._output, self._table
        parts, index = statement.name(low)
        name = parts[0]
        if len(parts) > 1:
            raise statement.near(low + 1)
        if name in _RESERVED_COLUMNS:
            raise WarehouseError(
                f'column name "{name}" conflicts with a system column name', sqlstate=sqlstate.DUPLICATE_COLUMN
            )
        kind, index = read_type(statement, index)
        table.columns[name] = kind
        output.write(f"{quote(name)} {kind.sql}")
        if name in table.not_null:
            output.write(" not null")
        while index < high:
            index = self._emit_attribute(index, high, name, kind)

    def _emit_attribute(self, index: int, high: int, name: str, kind: Type) -> int:
        statement, output, table = self._statement, self._output, self._table
        if statement.at(index, "not", "null"):
            if name not in table.not_null:
                output.write(" not null")
            return index + 2
        if statement.at(index, "null"):
            return index + 1
        if statement.at(index, "default"):
            return self._emit_default(index, high)
        if statement.at(index, "identity", "("):
            return self._emit_identity(index, "always", kind)
        if statement.at(index, "generated", "by", "default", "as", "identity", "("):
            return self._emit_identity(index + 4, "by default", kind)
        if statement.at(index, "encode"):
            return self._read_encoding(index + 1, name, kind)
        if statement.at(index, "distkey"):
            table.set_distribution_key(name)
            return index + 1
        if statement.at(index, "sortkey"):
            table.sort_key = (*table.sort_key, name)
            return index + 1
        if statement.at(index, "primary", "key"):
            if name not in table.not_null:
                output.write(" not null")
            return index + 2
        if statement.at(index, "unique"):
            return index + 1
        if statement.at(index, "references"):
            return self._skip_reference(index)
        if statement.at(index, "collate") and statement.at_any(index + 1, ("case_sensitive", "cs")):
            return index + 2
        if statement.at_any(index, ("check", "collate", "constraint", "generated")):
            raise unsupported(f"{statement.tokens[index].value.upper()} of a column")
        raise statement.near(index)

    def _emit_default(self, index: int, high: int) -> int:
        """Write a default: an expression that ends where the next attribute begins."""
        statement = self._statement
        attributes = words("collate distkey encode identity not null primary references sortkey unique")
        end = index + 2
        while end < high and not statement.at_any(end, attributes):
            end = statement.closing[end] + 1 if statement.at(end, "(") else end + 1
        self._output.write(" default ")
        Expressions(statement, self._output).emit(index + 1, end)
        return end

    def _emit_identity(self, index: int, how: str, kind: Type) -> int:
        statement = self._statement
        if kind.sql not in ("integer", "bigint"):
            raise WarehouseError("an IDENTITY column must be of type INT or BIGINT", sqlstate=sqlstate.SYNTAX_ERROR)
        self._table.has_identity = True
        closing = statement.closing[index + 1]
        text = "".join(token.value for token in statement.tokens[index + 2 : closing])
        numbers = text.split(",")
        if len(numbers) != 2 or not all(number.lstrip("-").isdecimal() for number in numbers):
            raise statement.near(index + 2)
        seed, step = map(int, numbers)
        bound = f"minvalue {seed}" if step > 0 else f"maxvalue {seed}"
        self._output.write(f" generated {how} as identity (start with {seed} increment by {step} {bound})")
        return closing + 1

    def _read_encoding(self, index: int, name: str, kind: Type) -> int:
        self._table.encodings[name], after = read_encoding(self._statement, index, name, kind)
        return after
