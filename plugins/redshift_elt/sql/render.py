"""Render the statements that the package sends: ``.sql`` templates in the folders beside this module.

A template is SQL with Jinja's expressions in it, indented like any other SQL. Jinja's filter ``indent`` indents what is
put into a nested query; never what a user has written, because that would change a text of several lines in it.

The output of an expression must be marked as SQL, so a name, a text or a condition that did not pass one of these
filters is refused instead of being sent:

``identifier``, ``table``, ``columns``
    validate names and quote them.
``placeholders``
    writes the placeholders of the values that are bound to one of several rows.
``literal``
    writes a text, number, date or time as a literal, where it cannot be bound.
``escaped_literal``
    writes a text or a number like ``literal``, and a control character in it as an octal escape, which COPY knows.
``sql``
    passes SQL that a user has written, or that another template has rendered.

``{{ bookkeeping }}`` is the schema of the bookkeeping tables, without quotes; see :mod:`redshift_elt.sql.bookkeeping`.

Values are not rendered. A template has ``%(name)s`` in their places, and
:meth:`redshift_elt.connection.session.Session.execute` binds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from markupsafe import Markup

from redshift_elt.sql import identifiers
from redshift_elt.sql.bookkeeping import bookkeeping_schema

# The number of rows that one INSERT with VALUES writes; more are written by COPY, or by several statements.
ROWS_PER_INSERT = 1000


def numbered(rows: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """Return the values of several rows under the names that the macro ``value_rows`` has for them.

    :param rows: the values of each row, by column.
    """
    return {f"{name}_{number}": value for number, row in enumerate(rows, 1) for name, value in row.items()}


class Templates:
    """The templates of one folder.

    :param folder: where the ``.sql`` files are.
    """

    def __init__(self, folder: Path) -> None:
        self._environment = _environment(folder)

    def render(self, template: str, *, bookkeeping: str | None = None, **names: Any) -> str:
        """Return a statement, without a semicolon or a line break at its end.

        :param template: the file below the folder, such as ``load/delete_stale.sql``.
        :param bookkeeping: the schema of the bookkeeping tables, for callers without Airflow, whose setting it is.
        :param names: what the template's expressions refer to.
        :raises jinja2.UndefinedError: the template refers to something else.
        :raises TypeError: the output of an expression is not SQL.
        :raises ValueError: a name or a text cannot be part of a statement.
        """
        schema = Markup(bookkeeping_schema()) if bookkeeping is None else _identifier(bookkeeping)
        return str(self._environment.get_template(template).render(names, bookkeeping=schema)).strip()


def _identifier(name: str) -> Markup:
    return Markup(identifiers.identifier(name))


def _table(name: str) -> Markup:
    return Markup(identifiers.table(name))


def _columns(names: Iterable[str], of: str | None = None, separator: str = ",\n    ") -> Markup:
    """Return column names as a list, each after ``of`` where that is given: a table, or an alias.

    The list continues at an indentation of 4, as in a query that is not nested.
    """
    prefix = f"{identifiers.table(of)}." if of else ""
    return Markup(separator.join(prefix + identifiers.identifier(name) for name in names))


def _placeholders(names: Iterable[str], row: int) -> Markup:
    for name in names:
        identifiers.identifier(name)
    return Markup(",\n    ".join(f"%({name}_{int(row)})s" for name in names))


def _literal(value: identifiers.Value) -> Markup:
    return Markup(identifiers.literal(value))


def _escaped_literal(value: identifiers.Value) -> Markup:
    return Markup(identifiers.escaped_literal(value))


def _sql(text: str) -> Markup:
    return Markup(text.strip().rstrip(";").rstrip())


def _defined(to_sql: Callable[..., Markup]) -> Callable[..., Markup]:
    @wraps(to_sql)
    def filtered(value: Any, *arguments: Any, **named: Any) -> Markup:
        if isinstance(value, Undefined):
            # It raises an error that names the missing variable.
            str(value)
        return to_sql(value, *arguments, **named)

    return filtered


def _only_sql(value: Any) -> Any:
    """Refuse what is not SQL. Leave out the spaces and line breaks around what a macro or a ``set`` block puts out."""
    if isinstance(value, Markup):
        return value.strip()
    if isinstance(value, (int, Undefined)):
        return value
    raise TypeError(
        f"{value!r} is not SQL: use one of the filters identifier, table, columns, placeholders, literal and sql."
    )


def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # So that macros return Markup; nothing is ever escaped, because every output is Markup already.
        autoescape=True,
        finalize=_only_sql,
    )
    filters: dict[str, Callable[..., Markup]] = {
        "identifier": _identifier,
        "table": _table,
        "columns": _columns,
        "literal": _literal,
        "escaped_literal": _escaped_literal,
        "sql": _sql,
        "placeholders": _placeholders,
    }
    environment.filters |= {name: _defined(to_sql) for name, to_sql in filters.items()}
    return environment


render = Templates(Path(__file__).parent).render
