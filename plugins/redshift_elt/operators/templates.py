"""Arguments that may be templates, which are checked once they are rendered, and the texts in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
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


def texts_in(value: object) -> Iterator[str]:
    """Yield the texts in an argument: a text, or those in a collection or in the fields of a dataclass."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, other in value.items():
            yield from texts_in(key)
            yield from texts_in(other)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, Iterable):
        for other in value:
            yield from texts_in(other)
