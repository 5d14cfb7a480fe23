"""Which fact about Redshift a case tests, and what the stand-in makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pytest


class Here(Enum):
    """What the stand-in makes of a fact."""

    SUPPORTED = "supported"
    """It does as Redshift does; where Redshift refuses, it refuses."""

    REFUSED = "refused"
    """Redshift does it, the stand-in says that it does not."""

    DIFFERS = "known to differ"
    """It does something else, on purpose or because PostgreSQL cannot."""

    UNKNOWN = "not known"
    """Nobody has written down what Redshift does; the case holds what the stand-in has chosen."""


@dataclass(frozen=True)
class Fact:
    """One row of the page standin/docs/facts.md.

    Arguments:
        number: section and entry, as "1.6/35" or "1.3/MAXERROR"; the files of this folder go by the sections.
        says: what Redshift does, in one sentence.
        here: what the stand-in makes of it.
        source: the AWS page, or the public thread (owner/repository#number), or "no source".
    """

    number: str
    says: str
    here: Here
    source: str


def fact(number: str, says: str, here: Here, source: str) -> pytest.MarkDecorator:
    """Mark a test, or one of its parameters, as the case of a fact; the arguments are those of `Fact`."""
    return pytest.mark.fact(Fact(number, says, here, source))
