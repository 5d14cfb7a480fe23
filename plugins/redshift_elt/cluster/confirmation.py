"""Confirm what destroys data without a way back: a person enters the name of the cluster a second time."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowFailException


def require_name(name: str, entered: str | None, *, param: str, consequence: str) -> None:
    """Refuse what is not confirmed.

    :param name: the name of the cluster.
    :param entered: what was entered to confirm.
    :param param: the Param that confirms.
    :param consequence: the beginning of the message: what would happen, and to which cluster.
    :raises AirflowFailException: the name was not entered.
    """
    if entered != name:
        raise AirflowFailException(
            f"{consequence} and must be confirmed with its name: {param} is {entered!r} and must be {name!r}. Nothing "
            "was touched."
        )
