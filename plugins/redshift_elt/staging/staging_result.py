"""What one staging of a source has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.checks.result import Result


@dataclass(frozen=True)
class Staged:
    """How much was staged.

    :param objects: the number of objects that were read.
    :param size: their size in bytes.
    :param rows: the number of rows in the staging table.
    :param left_out: the number of rows that were left out because their objects are another period's.
    :param rejected: the number of records that COPY could not load; they are in ``rejects``.
    :param listed: whether all objects of the source were listed.
    :param results: the results of the checks of the staged rows.
    """

    objects: int
    size: int
    rows: int
    left_out: int
    rejected: int
    listed: bool = True
    results: tuple[Result, ...] = ()

    @property
    def read(self) -> int:
        """The number of records in the objects."""
        return self.rows + self.left_out + self.rejected
