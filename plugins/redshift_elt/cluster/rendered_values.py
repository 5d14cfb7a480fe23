"""Values of trigger forms and templates are checked after they are rendered, and not retried."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.aws_values import ValueRule


def refuse_invalid(rule: ValueRule, name: str, value: object) -> None:
    """Refuse a value that is not of its kind. The parameters of a run are the same in every try, so it is not retried.

    :param name: the field or argument, for the message.
    :raises AirflowFailException: see :meth:`redshift_elt.connection.aws_values.ValueRule.check`.
    """
    try:
        rule.check(name, value)
    except ValueError as error:
        raise AirflowFailException(f"{error} Nothing was changed.") from error
