"""Objects for a message, which names only the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NamedObjects:
    """Any number of objects, of which a few are known by name.

    :param urls: the first objects, as ``s3://bucket/key``.
    :param count: the number of all of them.
    """

    urls: Sequence[str]
    count: int

    @classmethod
    def of(cls, rows: Sequence[tuple[str, str, int]]) -> NamedObjects:
        """Return the objects of the rows of a query.

        :param rows: bucket and key of the first objects, each with the number of all.
        """
        return cls([f"s3://{bucket}/{key}" for bucket, key, _ in rows], rows[0][2] if rows else 0)
