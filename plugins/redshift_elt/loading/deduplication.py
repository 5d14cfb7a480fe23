"""How several rows with the same key become one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowFailException


@dataclass(frozen=True)
class Choice:
    """Which of the rows with the same key provides the values of some columns.

    The result must not depend on the order in which rows arrive. So the columns themselves, in their order, break the
    ties that ``order_by`` leaves.

    :param columns: the columns that are taken together from the chosen row.
    :param order_by: SQL expressions over the target's columns; the first row in this order is chosen.
    """

    columns: Sequence[str]
    order_by: Sequence[str] = ()


def complete_choices(
    choices: Sequence[Choice], target: str, columns: Sequence[str], key: Sequence[str]
) -> Sequence[Choice]:
    """Return choices that provide every column of a target; without any, one choice takes a row as a whole.

    :param columns: the columns of the target.
    :raises AirflowFailException: the key and the choices do not name each column exactly once.
    """
    choices = choices or [Choice([name for name in columns if name not in key])]
    named = [*key, *(name for choice in choices for name in choice.columns)]
    if sorted(named) != sorted(columns):
        raise AirflowFailException(
            f"The key and the choices of {target} must name each of its columns exactly once. The table has "
            f"{', '.join(columns)}; the key and the choices name {', '.join(named)}."
        )
    return choices
