"""Arguments that may be templates, which are checked once they are rendered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What begins an expression and a statement of Jinja.
_BEGINNINGS = ("{{", "{%")


def is_template(value: Any) -> bool:
    """Return whether an argument is a template, whose value is not known before a run renders it."""
    return isinstance(value, str) and any(beginning in value for beginning in _BEGINNINGS)


def unless_template(check: Callable[[str], object], value: str) -> None:
    """Check an argument, unless it is a template.

    :param check: raises an error if the argument cannot be used.
    """
    if not is_template(value):
        check(value)
