"""What a check found: the measured number, compared with the expected one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redshift_elt.checks.bounds import Bounds, number_text


@dataclass(frozen=True)
class Finding:
    """What a check found.

    :param expected: the expected number or bounds, as text.
    :param actual: the measured number, as text.
    :param no_rows: whether there was no row to check, and so none to show.
    """

    expected: str
    actual: str
    passed: bool
    no_rows: bool = False


def evaluate_number(bounds: Bounds, measured: Any, *, empty_passes: bool) -> Finding:
    """Compare a measured number with its bounds.

    :param measured: None if there was nothing to measure, such as the newest row of an empty table.
    """
    number = number_of(measured)
    passed = empty_passes if number is None else bounds.include(number)
    return Finding(str(bounds), number_text(number), passed)


def evaluate_rule(broken: int, rows: int, *, empty_passes: bool) -> Finding:
    """Evaluate a rule that no row may break.

    :param broken: the number of rows that break it.
    :param rows: the number of rows that were checked.
    """
    if not rows:
        return Finding("0", "no rows", empty_passes, no_rows=True)
    return Finding("0", number_text(broken), broken == 0)


def number_of(value: Any) -> float | None:
    """Return a number as the warehouse returned it as a float."""
    return None if value is None else float(value)
