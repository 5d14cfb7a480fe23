"""Rows in another order than PostgreSQL's: without ORDER BY Redshift promises none (AWS page "ORDER BY clause").

Only the first rows of a result change places, so that a large one goes on to the client as it arrives. Two rows that
differ never keep their order, so that whoever relies on it fails at once and not once in a while.
"""

from __future__ import annotations

import random

# How much is held back at most.
ROWS = 256
BYTES = 1 << 20


class Disorder:
    """Holds back the first rows of one result."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._bytes = 0

    def add(self, row: bytes) -> bool:
        """Hold back a row, which is a whole message, and return whether there is room for more."""
        self._rows.append(row)
        self._bytes += len(row)
        return len(self._rows) < ROWS and self._bytes < BYTES

    def take(self) -> bytes:
        """Return the rows in another order, and hold back none."""
        rows, self._rows = self._rows, []
        if len(rows) < 2:
            return b"".join(rows)
        shuffled = random.sample(rows, len(rows))
        if shuffled == rows:
            shuffled = rows[1:] + rows[:1]
        return b"".join(shuffled)
