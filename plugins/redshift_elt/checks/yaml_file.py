"""Checks in YAML: an error in a file fails the parsing of the DAG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from redshift_elt.checks.check import Check
from redshift_elt.checks.freshness import Fresh
from redshift_elt.checks.queries import EqualCounts, Query
from redshift_elt.checks.references import References
from redshift_elt.checks.row_rules import AcceptedValues, InRange, NotNull, UndamagedText
from redshift_elt.checks.unique import Unique
from redshift_elt.checks.volume import RowCount, RowsNearAverage

KINDS: dict[str, type[Check]] = {
    kind.kind: kind
    for kind in (
        RowCount,
        RowsNearAverage,
        NotNull,
        Unique,
        AcceptedValues,
        InRange,
        UndamagedText,
        References,
        Fresh,
        EqualCounts,
        Query,
    )
}

# What can be written once for all checks of a table; an argument of a check overrides it.
_DEFAULTS = ("key", "window_column", "empty_passes")
_TABLE_PARTS = (*_DEFAULTS, "checks")


def load_checks(path: str | Path) -> list[Check]:
    """Return the checks of a YAML file: a list for each table, and defaults for the table's checks.

    .. code-block:: yaml

        orders:
          key: order_id
          window_column: ordered_at
          checks:
            - not_null: {column: shop_id, severity: warn}

    A check is the ``kind`` of one of the classes of :mod:`redshift_elt.checks` with its arguments except the table.

    :raises ValueError: the file cannot be read or is invalid; the message names file, line and check, and says what can
        be written there.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ValueError(f"The checks cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path}, line {line}: this is not valid YAML: {error.problem}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid YAML: {error}") from error
    if root is None:
        raise ValueError(f"{path} is empty: write tables and their checks.")
    file = _File(Path(path))
    return [check for table, node in file.entries(root, "the file", "tables") for check in file.checks(table, node)]


class _File:
    """One file, whose errors name their place in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def checks(self, table: yaml.Node, node: yaml.Node) -> Iterator[Check]:
        """Yield the checks of one table."""
        name = self.value(table)
        parts = {self.value(key): (key, value) for key, value in self.entries(node, name, "its parts")}
        for part, (key, _) in parts.items():
            if part not in _TABLE_PARTS:
                raise self.error(key, name, f"{part!r} is unknown; write {_listed(_TABLE_PARTS)}")
        if "checks" not in parts:
            raise self.error(table, name, "it has no checks; write checks: and a list of them")
        defaults = {part: self.value(value) for part, (_, value) in parts.items() if part != "checks"}
        listed = parts["checks"][1]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            raise self.error(listed, name, "checks is not a list; write one check per line, each after a dash")
        for number, item in enumerate(listed.value, 1):
            yield self._check(name, defaults, item, f"{name}, check {number}")

    def entries(self, node: yaml.Node, where: str, what: str) -> list[tuple[yaml.Node, yaml.Node]]:
        """Return the entries of a mapping whose keys are different names."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, where, f"this is not a mapping; write {what} as name: value")
        entries: list[tuple[yaml.Node, yaml.Node]] = node.value
        seen = set()
        for key, _ in entries:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise self.error(key, where, f"{key.value!r} is not a name, or occurs twice")
            seen.add(key.value)
        return entries

    def value(self, node: yaml.Node) -> Any:
        """Return the value of a node."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(node)
        except (yaml.YAMLError, ValueError) as error:
            raise self.error(node, "the file", str(error)) from error
        finally:
            loader.dispose()

    def error(self, node: yaml.Node, where: str, problem: str) -> ValueError:
        """Return an error that names the place of a problem."""
        return ValueError(f"{self._path}, line {node.start_mark.line + 1}: {where}: {problem}.")

    def _check(self, table: str, defaults: dict[str, Any], item: yaml.Node, where: str) -> Check:
        entries = self.entries(item, where, "a check")
        if len(entries) != 1:
            raise self.error(item, where, "it has several names; begin each check with its own dash")
        [(key, node)] = entries
        name = self.value(key)
        if name not in KINDS:
            raise self.error(key, where, f"there is no check {name!r}; write {_listed(KINDS)}")
        where = f"{where} ({name})"
        known, needed = _arguments(KINDS[name])
        arguments = {part: value for part, value in defaults.items() if part in known}
        for argument, value in self._given(node, known, where):
            if argument not in known:
                raise self.error(node, where, f"{argument!r} is unknown; write {_listed(known)}")
            arguments[argument] = self.value(value)
        if missing := [argument for argument in needed if argument not in arguments]:
            raise self.error(item, where, f"it has no {_listed(missing)}")
        try:
            return KINDS[name](table=table, **arguments)
        except (TypeError, ValueError) as error:
            raise self.error(item, where, str(error).rstrip(".")) from error

    def _given(self, node: yaml.Node, known: list[str], where: str) -> list[tuple[str, yaml.Node]]:
        """Return the arguments of a check; a single value is the first one, which is what is checked."""
        if isinstance(node, yaml.MappingNode):
            return [(self.value(key), value) for key, value in self.entries(node, where, "its arguments")]
        if isinstance(node, yaml.ScalarNode) and self.value(node) is None:
            return []
        return [(known[0], node)]


def _arguments(kind: type[Check]) -> tuple[list[str], list[str]]:
    """Return the arguments that a kind takes in a file, its own first, and those of them that it needs."""
    common = {field.name for field in fields(Check)}
    taken = [field for field in fields(kind) if field.name not in {"table", *kind.not_taken}]
    taken.sort(key=lambda field: field.name in common)
    return [field.name for field in taken], [field.name for field in taken if field.default is MISSING]


def _listed(words: Iterable[str]) -> str:
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
