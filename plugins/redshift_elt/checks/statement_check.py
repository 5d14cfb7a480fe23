"""Checks that need a separate statement."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from redshift_elt.checks.check import Check


@dataclass(frozen=True, kw_only=True)
class StatementCheck(Check):
    """A check that sends a separate statement, which returns one row."""

    @abstractmethod
    def statement(self) -> str:
        """Return the query whose row :meth:`evaluate` takes. The window's start and end are bound."""
