"""JSONPaths files: they map parts of a JSON value to columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from redshift_standin.copy.conversion import ConversionError
from redshift_standin.errors import WarehouseError

Step = str | int

_DOT = re.compile(r"\.([^.\[\]'\s*]+)")
_BRACKET = re.compile(r"\['([^']+)'\]|\[\"([^\"]+)\"\]")
_INDEX = re.compile(r"\[(\d+)\]")


class PathError(ConversionError):
    """A record does not have the shape that a path needs."""

    def __init__(self, reason: str) -> None:
        super().__init__(1216, reason)


def read_jsonpaths(content: bytes, url: str) -> list[list[Step]] | None:
    """Return the paths of a JSONPaths file, or None if it has no ``jsonpaths`` key: COPY then matches by name.

    :raises WarehouseError: the file is malformed.
    """
    try:
        document = json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise WarehouseError(f"Invalid JSONPath format: {url} is not valid JSON ({error}).") from error
    if not isinstance(document, dict):
        raise WarehouseError(f"Invalid JSONPath format: {url} is not one JSON object.")
    if "jsonpaths" not in document:
        return None
    paths = document["jsonpaths"]
    if not isinstance(paths, list) or not paths:
        raise WarehouseError(f"Invalid JSONPath format: jsonpaths in {url} is not a list of paths.")
    steps = [_parse(path) for path in paths]
    if {"dot", "bracket"} <= {kind for _, kinds in steps for kind in kinds}:
        raise WarehouseError(f"Invalid JSONPath format: {url} mixes dot notation and bracket notation.")
    return [found for found, _ in steps]


def follow(steps: list[Step]) -> Callable[[Any], Any]:
    """Return a function that extracts the element at a path from a value; a missing key gives None.

    The function raises :class:`PathError` if the value does not have the shape that the path needs.
    """

    def take(value: Any) -> Any:
        for step in steps:
            if isinstance(step, int):
                if not isinstance(value, list) or step >= len(value):
                    raise PathError("Invalid JSONPath format: Not an array or index out of range.")
                value = value[step]
            elif isinstance(value, dict):
                value = value.get(step)
            elif value is not None:
                raise PathError("Invalid JSONPath format: Member is not an object.")
            if value is None:
                return None
        return value

    return take


def _parse(path: Any) -> tuple[list[Step], set[str]]:
    if not isinstance(path, str) or not path.startswith("$") or path == "$":
        raise WarehouseError(f"Invalid JSONPath format: {json.dumps(path)}")
    steps: list[Step] = []
    kinds = set()
    position = 1
    while position < len(path):
        if match := _DOT.match(path, position):
            steps.append(match.group(1))
            kinds.add("dot")
        elif match := _BRACKET.match(path, position):
            steps.append(match.group(1) or match.group(2))
            kinds.add("bracket")
        elif match := _INDEX.match(path, position):
            steps.append(int(match.group(1)))
        else:
            raise WarehouseError(f"Invalid JSONPath format: {json.dumps(path)}")
        position = match.end()
    return steps, kinds
