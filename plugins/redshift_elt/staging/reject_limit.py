"""How many records COPY may reject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from redshift_elt.run.limits import MOST_REJECTS

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)


@dataclass(frozen=True)
class RejectLimit:
    """The limit of the rejected records of a source in one run.

    :param most: the maximum number of rejected records.
    :param share: their maximum share of all records, 0 to 1. COPY has no such option, so the share is checked after it.
    """

    most: int = 0
    share: Fraction | None = None

    @classmethod
    def of(cls, value: int | str) -> RejectLimit:
        """Return the limit that a user has written.

        :param value: a number, a share such as ``1%``, or the text that a template was rendered to.
        :raises ValueError: it is neither.
        """
        text = str(value).strip()
        if text.isdecimal() and int(text) <= MOST_REJECTS:
            return cls(int(text))
        percent = _PERCENT.fullmatch(text)
        if percent is None or Fraction(percent[1]) > 100:
            raise ValueError(
                f"max_rejects is {value!r}: write 0 to {MOST_REJECTS:,}, the limit of COPY, or a share such as '1%'."
            )
        share = Fraction(percent[1]) / 100
        return cls(MOST_REJECTS if share else 0, share or None)

    def allows(self, rejected: int, read: int) -> bool:
        """Return whether a number of rejected records is within the limit.

        :param read: the number of records that were read, rejected or not.
        """
        return rejected <= (self.most if self.share is None else self.share * read)

    def __str__(self) -> str:
        return f"{self.most:,}" if self.share is None else f"{float(self.share * 100):g}%"
