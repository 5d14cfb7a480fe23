"""What to do with loaded rows whose objects have been removed from S3."""

from __future__ import annotations

# What a load does with rows that it has loaded, but whose objects it does not find in S3.
KEEP, FAIL, DELETE = "keep", "fail", "delete"
ON_MISSING = (KEEP, FAIL, DELETE)


def check_on_missing(value: str) -> None:
    """Refuse a rule that does not exist.

    :raises ValueError: see the message.
    """
    if value not in ON_MISSING:
        raise ValueError(f"on_missing is {value!r}: write one of {', '.join(map(repr, ON_MISSING))}.")
