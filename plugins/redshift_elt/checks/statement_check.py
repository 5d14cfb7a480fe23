"""Checks that need a separate statement."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from redshift_elt.checks.check import Check


@dataclass(frozen=True, kw_only=True)
class StatementCheck(Check):
    """A check that sends a separate statement, which returns one row.

    :cvar result_columns: the number of columns of that row, if the statement can be sent together with others; 0 if
        not, because its user has written it.
    """

    result_columns: ClassVar[int] = 0

    @abstractmethod
    def statement(self) -> str:
        """Return the query whose row :meth:`evaluate` takes. The window's start and end are bound."""
