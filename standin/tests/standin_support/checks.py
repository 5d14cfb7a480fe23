"""Facts whose cases are queries and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from standin_support.facts import Here, fact

DIFFERS, REFUSED, SUPPORTED, UNKNOWN = Here.DIFFERS, Here.REFUSED, Here.SUPPORTED, Here.UNKNOWN
NO_SOURCE = "no source"


@dataclass(frozen=True)
class Fails:
    """That Redshift, or the stand-in, refuses.

    Arguments:
        text: what its message has, as a regular expression.
        error: the class of its SQLSTATE.
    """

    text: str
    error: type[psycopg.Error] = psycopg.Error


NOT_HERE = Fails("not supported by the stand-in", psycopg.errors.FeatureNotSupported)


def case(number: str, says: str, source: str, results: dict[str, Any], here: Here = SUPPORTED):
    """Return the parameter of a fact.

    Arguments:
        results: for each expression, or whole query, its only value, all its rows, or how it fails.
    """
    return pytest.param(results, marks=fact(number, says, here, source), id=number.replace("/", "-"))


def written(value: Any) -> tuple[str, str]:
    """Return a value's type and text: 2 is not 2.0, and the scale of a DECIMAL counts."""
    return type(value).__name__, str(value)


def check(session, results):
    for text, expected in results.items():
        query = text if text.startswith(("select", "with", "create")) else f"select {text}"
        with session.transaction(force_rollback=True):
            if isinstance(expected, Fails):
                with pytest.raises(expected.error, match=expected.text):
                    session.execute(query)
                continue
            rows = session.execute(query).fetchall()
        if isinstance(expected, list):
            assert rows == expected, query
        else:
            assert [written(value) for (value,) in rows] == [written(expected)], query
