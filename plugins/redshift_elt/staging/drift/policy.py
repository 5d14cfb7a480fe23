"""What a source does about a field that the staging table has no column for."""

from __future__ import annotations

from typing import Literal, get_args

OnNewField = Literal["warn", "fail"]


def check_policy(policy: str) -> None:
    """Refuse a policy that does not exist.

    :raises ValueError: see the message.
    """
    if policy not in get_args(OnNewField):
        raise ValueError(f"on_new_field is {policy!r}: write {', '.join(map(repr, get_args(OnNewField)))}.")
