"""Facts that are tested by queries and their expected results."""

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
    """The expected error of a query.

    Arguments:
        text: a regular expression that its message matches.
        error: the exception class of its SQLSTATE.
    """

    text: str
    error: type[psycopg.Error] = psycopg.Error


NOT_HERE = Fails("not supported by the stand-in", psycopg.errors.FeatureNotSupported)


def case(number: str, says: str, source: str, results: dict[str, Any], here: Here = SUPPORTED):
    """Return the pytest parameter for a fact.

    Arguments:
        results: the expected result of each expression or query: its only value, all its rows, or its error.
    """
    return pytest.param(results, marks=fact(number, says, here, source), id=number.replace("/", "-"))


def type_and_text(value: Any) -> tuple[str, str]:
    """Return a value's type and text, so that 2 differs from 2.0, and decimals of different scale differ."""
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
            assert [type_and_text(value) for (value,) in rows] == [type_and_text(expected)], query
