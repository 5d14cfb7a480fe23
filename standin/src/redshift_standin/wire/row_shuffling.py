"""Shuffles the rows of queries without ORDER BY: Redshift promises no order (AWS page "ORDER BY clause").

Only the first rows of a result are shuffled, so that a large result still streams to the client. The shuffled order
always differs from PostgreSQL's, so that a client that relies on an order fails every time and not only sometimes.
"""

from __future__ import annotations

import random

MAX_ROWS = 256
MAX_BYTES = 1 << 20


class RowShuffler:
    """Holds back the first rows of one result: at most MAX_ROWS, or about MAX_BYTES."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._bytes = 0

    def add(self, row: bytes) -> bool:
        """Hold back a row and return whether there is room for more.

        :param row: a whole DataRow message.
        """
        self._rows.append(row)
        self._bytes += len(row)
        return len(self._rows) < MAX_ROWS and self._bytes < MAX_BYTES

    def take(self) -> bytes:
        """Return the rows in another order and forget them."""
        rows, self._rows = self._rows, []
        if len(rows) < 2:
            return b"".join(rows)
        shuffled = random.sample(rows, len(rows))
        if shuffled == rows:
            shuffled = rows[1:] + rows[:1]
        return b"".join(shuffled)
