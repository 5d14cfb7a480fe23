"""How several rows with the same key become one row."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.run.several import several_of
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.loading.deletes import Deletes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """Which of the rows with the same key provides the values of some columns.

    The result must not depend on the order in which rows arrive. So the columns themselves, in their order, break the
    ties that ``order_by`` leaves.

    :param columns: the columns that are taken together from the chosen row; by default the whole row.
    :param order_by: SQL expressions over the target's columns; the first row in this order is chosen. By default, it is
        the first row in the order of its values.
    :raises ValueError: one of them is a text instead of a list.
    """

    columns: Sequence[str] = ()
    order_by: Sequence[str] = ()

    def __post_init__(self) -> None:
        several_of("columns of Choice", self.columns, str, "['name']")
        several_of("order_by of Choice", self.order_by, str, "['updated_at desc']")


def checked_choices(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Return the choices of a strategy as a tuple.

    :raises ValueError: they are something else.
    """
    return several_of("choices", choices, Choice, "[Choice(order_by=['updated_at desc'])]")


def named_columns(choices: Sequence[Choice], latest_by: str | None, deletes: Deletes | None) -> tuple[str, ...]:
    """Return the columns of the target that the arguments of a merge name."""
    chosen = [name for choice in choices for name in choice.columns]
    marks = () if deletes is None else deletes.computed
    return (*chosen, *([] if latest_by is None else [latest_by]), *marks)


def rule_needed(strategy: str) -> str:
    """Return the error message for a strategy that has no rule, or several rules, for rows with the same key.

    :param strategy: the call without such a rule, such as ``MergeRows(``.
    """
    return (
        "Rows with the same key can differ, so exactly one rule must say which of them is loaded. Write "
        f"strategy={strategy}latest_by='updated_at') with the column that says which row is the latest, or "
        f"strategy={strategy}choices=[Choice(order_by=[...])])"
    )


def choices_of(
    choices: Sequence[Choice], latest_by: str | None, target: str, columns: Sequence[str], key: Sequence[str]
) -> Sequence[Choice]:
    """Return choices that provide every column of a target.

    Without choices, one choice takes a row as a whole: the row with the latest value of ``latest_by`` or, without that,
    the first row in the order of its values. A null is earlier than any value.

    :param columns: the columns of the target that the load writes.
    :raises AirflowFailException: the key and the choices do not name each column exactly once, or the target does not
        have the column ``latest_by``.
    """
    if latest_by is not None and (latest_by not in columns or latest_by in key):
        raise AirflowFailException(
            f"latest_by of {target} is {latest_by!r}, but the load writes no such column besides the key: it writes "
            f"{', '.join(columns)}. Nothing was loaded. Correct latest_by or key, or add the column to the table "
            "and to the SELECT: a load compares its value in a staged row with that in the table's row."
        )
    if latest_by is not None:
        choices = [Choice(order_by=[f"{identifier(latest_by)} desc nulls last"])]
    elif not choices:
        choices = [Choice()]
    if len(choices) == 1 and not choices[0].columns:
        choices = [replace(choices[0], columns=[name for name in columns if name not in key])]
    named = [*key, *(name for choice in choices for name in choice.columns)]
    if sorted(named) != sorted(columns):
        raise AirflowFailException(
            f"The key and the choices of {target} must name each of its columns exactly once. The SELECT yields "
            f"{', '.join(columns)}; the key and the choices name {', '.join(named)}. Nothing was loaded. Correct key, "
            "the choices or the SELECT."
        )
    return choices


def log_rows_of_one_key(target: str, rows: int, keys: int, rule: str) -> None:
    """Log how many staged rows differ from another one of their key, and by which rule one of them was chosen.

    :param rows: how many different rows were staged.
    :param keys: how many keys they have.
    :param rule: the argument of the strategy.
    """
    if rows > keys:
        log.info(
            "%s: %s different staged rows have only %s keys; %s chose one row of each key.",
            target,
            f"{rows:,}",
            f"{keys:,}",
            rule,
        )
