"""The marker that names the fact about Redshift that a case tests, and how the stand-in behaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pytest


class Here(Enum):
    """How the stand-in behaves compared with Redshift."""

    SUPPORTED = "supported"
    """It behaves like Redshift, including Redshift's errors."""

    REFUSED = "refused"
    """Redshift supports it, and the stand-in reports that it does not."""

    DIFFERS = "known to differ"
    """It behaves differently, by design or because PostgreSQL cannot do what Redshift does."""

    UNKNOWN = "not known"
    """Redshift's behavior is not documented; the case verifies what the stand-in does."""


@dataclass(frozen=True)
class Fact:
    """One row of the page standin/docs/facts.md.

    Arguments:
        number: section and entry, such as "1.6/35" or "1.3/MAXERROR"; there is a test file for each section.
        says: what Redshift does, in one sentence.
        here: how the stand-in behaves.
        source: the AWS page, a public thread (owner/repository#number), or "no source".
    """

    number: str
    says: str
    here: Here
    source: str


def fact(number: str, says: str, here: Here, source: str) -> pytest.MarkDecorator:
    """Mark a test, or one of its parameters, as the case for a fact; the arguments are those of `Fact`."""
    return pytest.mark.fact(Fact(number, says, here, source))
