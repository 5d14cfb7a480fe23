"""The questions of a report in YAML: an error in the file fails the parsing of the DAG."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import yaml

from redshift_elt.report.question import BarChart, ColumnChart, Question

_CHARTS: dict[str, type[BarChart | ColumnChart]] = {"bars": BarChart, "columns": ColumnChart}


def load_questions(path: str | Path) -> list[Question]:
    """Return the questions of a YAML file: a list of SQL files, each with or without a chart.

    .. code-block:: yaml

        - sql: questions/sales_by_shop.sql
          bars: {label: [shop], value: sales}
        - sql: questions/sales_by_month.sql
          columns: {position: month, value: sales, label: [month]}

    ``bars`` are the arguments of a :class:`BarChart`, ``columns`` those of a :class:`ColumnChart`.

    :raises ValueError: the file cannot be read or is invalid; the message names file and question, and says what can be
        written there.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"The questions cannot be read: {error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(
            f"{path} is not a list: write one question after each dash, such as - sql: questions/sales.sql"
        )
    return [_question(entry, f"{path}, question {number}") for number, entry in enumerate(entries, 1)]


def _question(entry: Any, where: str) -> Question:
    if not isinstance(entry, dict) or not isinstance(entry.get("sql"), str):
        raise ValueError(f"{where}: it has no SQL file; write sql: and its path.")
    where = f"{where} ({entry['sql']})"
    if unknown := [name for name in entry if name not in ("sql", *_CHARTS)]:
        raise ValueError(f"{where}: {unknown} is unknown; write sql, and bars or columns.")
    charts = [_chart(kind, entry[name], f"{where}: {name}") for name, kind in _CHARTS.items() if name in entry]
    if len(charts) > 1:
        raise ValueError(f"{where}: it has both bars and columns; write one of them.")
    try:
        return Question(entry["sql"], *charts)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _chart(kind: type[BarChart | ColumnChart], arguments: Any, where: str) -> BarChart | ColumnChart:
    known = [field.name for field in fields(kind)]
    if not isinstance(arguments, dict) or not set(arguments) <= set(known):
        raise ValueError(f"{where} is {arguments!r}; write a mapping of {', '.join(known)}.")
    needed = [field.name for field in fields(kind) if field.default is MISSING]
    if missing := [name for name in needed if name not in arguments]:
        raise ValueError(f"{where} has no {' and no '.join(missing)}.")
    try:
        return kind(**arguments)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
