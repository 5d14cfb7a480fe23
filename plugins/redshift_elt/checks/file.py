"""Checks that are written in YAML: a mistake in a file is found when the DAG is parsed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from redshift_elt.checks import kinds
from redshift_elt.checks.check import Check

KINDS: dict[str, Callable[..., Check]] = {
    kind.__name__: kind
    for kind in (
        kinds.row_count,
        kinds.rows_near_average,
        kinds.not_null,
        kinds.unique,
        kinds.accepted_values,
        kinds.in_range,
        kinds.undamaged_text,
        kinds.references,
        kinds.fresh,
        kinds.equal_counts,
        kinds.query,
    )
}

# What may be said once for all checks of a table; a check that says it itself has its own.
_DEFAULTS = ("key", "window_column", "empty_passes")
_TABLE_PARTS = (*_DEFAULTS, "checks")


def load_checks(path: str | Path) -> list[Check]:
    """Return the checks of a YAML file: for each table a list of them, and what holds for all of them.

    .. code-block:: yaml

        orders:
          key: order_id
          window_column: ordered_at
          checks:
            - not_null: {column: shop_id, severity: warn}

    A check is the name of one of the functions of :mod:`redshift_elt.checks` with its arguments but the table.

    :raises ValueError: the file cannot be read, or is no list of checks; the message names file, line, check and what
        can be written there.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ValueError(f"The checks cannot be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(f"{path}, line {line}: this is no YAML: {error.problem}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no YAML: {error}") from error
    file = _File(Path(path))
    if root is None:
        raise ValueError(f"{path} is empty: write tables and their checks.")
    return [check for table, node in file.entries(root, "the file", "tables") for check in file.checks(table, node)]


class _File:
    """One file, and how to say where in it a mistake is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def checks(self, table: yaml.Node, node: yaml.Node) -> Iterator[Check]:
        """Yield the checks of one table."""
        name = self.value(table)
        parts = {self.value(key): (key, value) for key, value in self.entries(node, name, "its parts")}
        for part, (key, _) in parts.items():
            if part not in _TABLE_PARTS:
                raise self.error(key, name, f"{part!r} is not known here; write {_listed(_TABLE_PARTS)}")
        if "checks" not in parts:
            raise self.error(table, name, "it has no checks; write checks: and a list of them")
        defaults = {part: self.value(value) for part, (_, value) in parts.items() if part != "checks"}
        listed = parts["checks"][1]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            raise self.error(listed, name, "checks is no list; write one check a line, each after a dash")
        for number, item in enumerate(listed.value, 1):
            yield self._check(name, defaults, item, f"{name}, check {number}")

    def entries(self, node: yaml.Node, where: str, what: str) -> list[tuple[yaml.Node, yaml.Node]]:
        """Return the entries of a mapping, each key of which stands once."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, where, f"this is no mapping; write {what} as name: value")
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise self.error(key, where, f"{key.value!r} is no name or stands there twice")
            seen.add(key.value)
        return node.value

    def value(self, node: yaml.Node) -> Any:
        """Return what a part of the file says."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(node)
        except (yaml.YAMLError, ValueError) as error:
            raise self.error(node, "the file", str(error)) from error
        finally:
            loader.dispose()

    def error(self, node: yaml.Node, where: str, problem: str) -> ValueError:
        """Return the error that says where in the file a problem is."""
        return ValueError(f"{self._path}, line {node.start_mark.line + 1}: {where}: {problem}.")

    def _check(self, table: str, defaults: dict[str, Any], item: yaml.Node, where: str) -> Check:
        entries = self.entries(item, where, "a check")
        if len(entries) != 1:
            raise self.error(item, where, "it has several names; write each check after a dash of its own")
        [(key, node)] = entries
        name = self.value(key)
        if name not in KINDS:
            raise self.error(key, where, f"there is no check {name!r}; write {_listed(KINDS)}")
        where = f"{where} ({name})"
        takes = inspect.signature(KINDS[name]).parameters
        known = [parameter for parameter in takes if parameter != "table"]
        arguments = {part: value for part, value in defaults.items() if part in takes}
        for argument, value in self._arguments(node, known, where):
            text = self.value(argument) if isinstance(argument, yaml.Node) else argument
            if text not in known:
                raise self.error(node, where, f"{text!r} is not known; write {_listed(known)}")
            arguments[text] = self.value(value)
        needed = [part for part in known if takes[part].default is inspect.Parameter.empty and part not in arguments]
        if needed:
            raise self.error(item, where, f"it has no {_listed(needed)}")
        try:
            return KINDS[name](table, **arguments)
        except (TypeError, ValueError) as error:
            raise self.error(item, where, str(error).rstrip(".")) from error

    def _arguments(self, node: yaml.Node, known: list[str], where: str) -> list[tuple[yaml.Node | str, yaml.Node]]:
        """Return a check's arguments; one value alone is the first of them, which is what is checked."""
        if isinstance(node, yaml.MappingNode):
            return self.entries(node, where, "its arguments")  # type: ignore[return-value]
        if isinstance(node, yaml.ScalarNode) and self.value(node) is None:
            return []
        return [(known[0], node)]


def _listed(words: Any) -> str:
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
