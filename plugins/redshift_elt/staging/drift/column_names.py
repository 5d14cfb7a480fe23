"""The names of fields, compared with those of columns."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"\W+")


def as_column(field: str) -> str:
    """Return the name of the column that has the name of a field, if there is one: ``order_id`` for ``Order ID``."""
    return _SEPARATORS.sub("_", field.strip().lower()).strip("_")
