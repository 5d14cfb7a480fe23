"""Checks that need a statement of their own."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from redshift_elt.checks.check import Check


@dataclass(frozen=True, kw_only=True)
class StatementCheck(Check):
    """A check that sends a statement of its own, which yields one row."""

    @abstractmethod
    def statement(self) -> str:
        """Return the query whose row :meth:`evaluate` takes. The window's start and end are bound."""
