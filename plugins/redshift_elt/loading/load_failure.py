"""Why a load failed, where its data are the reason, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

_NO_STAGING = re.compile(r'relation "(\w+__[0-9a-f]{12})" does not exist')
_NO_VALUE = re.compile(r"Cannot insert a NULL value into column (\w+)|null value in column \"(\w+)\"")


class StagingGone(AirflowFailException):
    """The run's staging tables do not exist; a clean-up has dropped them."""


def explain_load(session: Session, error: Exception) -> Exception:  # noqa: ARG001 - the shape of an explanation
    """Return the error to raise for a load that failed; what a retry cannot cure is not retried.

    :param error: what the load raised. One that is not known here is returned as it is.
    """
    if missing := _NO_STAGING.search(str(error)):
        return StagingGone(
            f"The staging table {missing[1]} is gone: it is dropped when a run succeeds. Clear the run's staging tasks "
            "together with this one."
        )
    if empty := _NO_VALUE.search(str(error)):
        return AirflowFailException(
            f"A staged row has no {empty[1] or empty[2]}, which must not be null. Nothing was loaded, and the staging "
            "tables are kept. Correct the file, or leave such rows out in the SELECT; then clear the run."
        )
    return error
