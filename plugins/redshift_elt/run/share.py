"""Arguments that are shares, such as that of the rows which a load may delete."""

from __future__ import annotations


def check_share(name: str, value: float) -> None:
    """Refuse what is not a share.

    :param name: the name of the argument.
    :param value: its value.
    :raises ValueError: it is a boolean, or not between 0 and 1.
    """
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r}: write a share from 0 to 1, such as 0.1 for 10 percent.")
