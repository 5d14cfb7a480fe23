"""CREATE TABLE: Redshift's attributes are checked and left out but for the sort key, and keys are not enforced."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.standin.backend import WarehouseError
from local.standin.sql.expressions import Expressions
from local.standin.sql.lexer import Kind, unsupported
from local.standin.sql.output import Output
from local.standin.sql.statement import Statement, quote
from local.standin.sql.types import Type, read_type

_INTEGERS = {"smallint", "integer", "bigint"}
_EXACT = _INTEGERS | {"numeric"}
_TIMES = {"date", "timestamp", "timestamptz"}
_STRINGS = {"char", "varchar"}
_ALL = _EXACT | _TIMES | _STRINGS | {"real", "double precision", "boolean", "time", "timetz"}

# Which types each encoding can compress.
ENCODINGS = {
    "auto": _ALL,
    "raw": _ALL,
    "zstd": _ALL,
    "runlength": _ALL,
    "az64": _EXACT | _TIMES | {"time", "timetz"},
    "bytedict": _ALL - {"boolean"},
    "delta": _EXACT | {"date", "timestamp"},
    "delta32k": {"integer", "bigint", "numeric", "date", "timestamp"},
    "lzo": _ALL - {"boolean", "real", "double precision"},
    "mostly8": _EXACT,
    "mostly16": {"integer", "bigint", "numeric"},
    "mostly32": {"bigint", "numeric"},
    "text255": {"varchar"},
    "text32k": {"varchar"},
}

# PostgreSQL's system columns, which Redshift reserves too.
_RESERVED_COLUMNS = frozenset({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


@dataclass
class Table:
    """What a CREATE TABLE says of the table as a whole."""

    columns: dict[str, Type] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    distribution: str | None = None
    distribution_key: str | None = None
    sort_key: tuple[str, ...] = ()
    is_like: bool = False

    def set_distribution_key(self, column: str) -> None:
        """Note the column that rows are distributed by; there is one at most."""
        if self.distribution_key is not None:
            raise WarehouseError("only one column can be the distribution key", sqlstate="42601")
        self.distribution_key = column

    def check(self) -> None:
        """Refuse attributes that contradict each other or name no column.

        :raises WarehouseError: they do.
        """
        if self.distribution == "key" and self.distribution_key is None:
            raise WarehouseError("no DISTKEY column specified with DISTSTYLE KEY", sqlstate="42601")
        if self.distribution not in (None, "key") and self.distribution_key is not None:
            raise WarehouseError(f"cannot specify DISTKEY with DISTSTYLE {self.distribution}", sqlstate="42601")
        if self.columns and not self.is_like:
            for column in (*filter(None, [self.distribution_key]), *self.sort_key, *self.not_null):
                if column not in self.columns:
                    raise WarehouseError(f'column "{column}" named in key does not exist', sqlstate="42703")


def emit_create_table(statement: Statement, output: Output, index: int, *, temporary: bool) -> None:
    """Write a CREATE [TEMP] TABLE; ``index`` is at the token after TABLE.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    exists_ok = statement.at(index, "if", "not", "exists")
    parts, index = statement.name(index + 3 if exists_ok else index)
    temporary = temporary or parts[-1].startswith("#")
    output.write(f"create{' temp' if temporary else ''} table{' if not exists' if exists_ok else ''} {quote(*parts)}")
    table = Table()
    listed = statement.at(index, "(") and not _is_query(statement, index + 1)
    low, high = (index + 1, statement.closing[index]) if listed else (index, index)
    attributes = high + 1 if listed else index
    end = _read_attributes(statement, attributes, table)
    if statement.at(end, "as"):
        if listed:
            names = [statement.name(start) for start, _ in statement.split(low, high)]
            _emit_names(statement, output, names, high)
        table.check()
        output.write(" as ")
        Expressions(statement, output).emit(end + 1, len(statement))
        return
    if not listed or end != len(statement):
        raise statement.near(end)
    _Columns(statement, output, table).emit(low, high)
    if table.is_like and end > attributes:
        raise WarehouseError("CREATE TABLE LIKE is not allowed with table attributes", sqlstate="42601")
    table.check()
    # Temporary tables and copies of other tables live too briefly for an index to pay.
    if table.sort_key and not temporary and not table.is_like:
        _note_sort_key(output, table)


def emit_added_column(statement: Statement, output: Output, index: int) -> int:
    """Write the one column of an ALTER TABLE ADD COLUMN and return the index after it.

    :raises WarehouseError: the column has an attribute that only a new table's column can have.
    """
    high = next((low for low in range(index, len(statement)) if _ends_column(statement, low)), len(statement))
    table = Table()
    _Columns(statement, output, table).emit_column(index, high)
    if table.distribution_key or table.sort_key:
        raise unsupported("DISTKEY and SORTKEY of an added column")
    return high


def _note_sort_key(output: Output, table: Table) -> None:
    """Tell the database, which gives the table an index (catalog/60_sort_keys.sql), the sort key's column numbers."""
    names = list(table.columns)
    output.write(f" /* sort key {' '.join(str(names.index(column) + 1) for column in table.sort_key)} */")


def _ends_column(statement: Statement, index: int) -> bool:
    return statement.at(index, ",") and statement.opening[index] < 0


def _emit_names(statement: Statement, output: Output, names: list[tuple[tuple[str, ...], int]], high: int) -> None:
    """Write the column names of a CREATE TABLE AS, which have no types."""
    for _, after in names:
        if after != high and not statement.at(after, ","):
            raise statement.near(after)
    output.write(f" ({', '.join(quote(*name) for name, _ in names)})")


def _is_query(statement: Statement, index: int) -> bool:
    return statement.at_any(index, ("select", "with", "("))


def _read_attributes(statement: Statement, index: int, table: Table) -> int:
    """Read the table attributes that stand here and return the index after them."""
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
        raise WarehouseError("a table can have one SORTKEY only", sqlstate="42601")
    limit = 8 if statement.at(index, "interleaved") else 400
    if statement.at_any(index, ("compound", "interleaved")):
        index += 1
    opening = statement.expect(index, "sortkey")
    statement.expect(opening, "(")
    closing = statement.closing[opening]
    columns = [statement.name(low)[0][0] for low, _ in statement.split(opening + 1, closing)]
    if not 1 <= len(columns) <= limit:
        raise WarehouseError(f"a SORTKEY of this kind has 1 to {limit} columns", sqlstate="42601")
    table.sort_key = tuple(columns)
    return closing + 1


class _Columns:
    """Writes what stands in the parentheses of a CREATE TABLE."""

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
                f"{statement.tokens[index].value.upper()} constraints are not supported", sqlstate="0A000"
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
        self._table.is_like = True

    def emit_column(self, low: int, high: int) -> None:
        """Write one column without the attributes that only Redshift has."""
        statement, output, table = self._statement, self._output, self._table
        parts, index = statement.name(low)
        name = parts[0]
        if len(parts) > 1:
            raise statement.near(low + 1)
        if name in _RESERVED_COLUMNS:
            raise WarehouseError(f'column name "{name}" conflicts with a system column name', sqlstate="42701")
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
            return self._check_encoding(index + 1, name, kind)
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
        if statement.at_any(index, ("check", "collate", "constraint", "generated")):
            raise unsupported(f"{statement.tokens[index].value.upper()} of a column")
        raise statement.near(index)

    def _emit_default(self, index: int, high: int) -> int:
        """Write a default: an expression that ends where the next attribute begins."""
        statement = self._statement
        attributes = ("not", "null", "encode", "distkey", "sortkey", "primary", "unique", "references", "identity")
        end = index + 2
        while end < high and not statement.at_any(end, attributes):
            end = statement.closing[end] + 1 if statement.at(end, "(") else end + 1
        self._output.write(" default ")
        Expressions(statement, self._output).emit(index + 1, end)
        return end

    def _emit_identity(self, index: int, how: str, kind: Type) -> int:
        statement = self._statement
        if kind.sql not in ("integer", "bigint"):
            raise WarehouseError("an IDENTITY column must be of type INT or BIGINT", sqlstate="42601")
        closing = statement.closing[index + 1]
        text = "".join(token.value for token in statement.tokens[index + 2 : closing])
        numbers = text.split(",")
        if len(numbers) != 2 or not all(number.lstrip("-").isdecimal() for number in numbers):
            raise statement.near(index + 2)
        seed, step = map(int, numbers)
        bound = f"minvalue {seed}" if step > 0 else f"maxvalue {seed}"
        self._output.write(f" generated {how} as identity (start with {seed} increment by {step} {bound})")
        return closing + 1

    def _check_encoding(self, index: int, name: str, kind: Type) -> int:
        statement = self._statement
        if not statement.at_kind(index, Kind.WORD):
            raise statement.near(index)
        encoding = statement.tokens[index].value
        if encoding not in ENCODINGS:
            raise WarehouseError(f'invalid encoding type "{encoding}" specified for column "{name}"', sqlstate="42601")
        if kind.family not in ENCODINGS[encoding]:
            raise WarehouseError(f'invalid encoding type specified for column "{name}"', sqlstate="0A000")
        return index + 1
