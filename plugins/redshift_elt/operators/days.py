"""A number of days in an argument, which may be a rendered template."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowFailException

# A hundred years.
MOST_DAYS = 36_500


def days_of(name: str, value: int | str) -> int:
    """Return a number of days.

    :param name: the argument, for the message.
    :raises AirflowFailException: it is not a whole number greater than 0.
    """
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= MOST_DAYS:
        raise AirflowFailException(f"{name} is {value!r}: write a whole number of days from 1 to {MOST_DAYS}.")
    return int(text)
