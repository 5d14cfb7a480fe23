"""Explain failures of a load that are caused by the data or by the run's staging tables."""

from __future__ import annotations

import re

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.lock import explain_lock

_NO_STAGING = re.compile(r'relation "(\w+__[0-9a-f]{12})" does not exist')
_IDENTITY = "cannot set an identity column to a value"
_NO_VALUE = re.compile(r"Cannot insert a NULL value into column (\w+)|null value in column \"(\w+)\"")


class StagingMissingError(AirflowFailException):
    """The staging tables of the run do not exist, because a clean-up has dropped them.

    :ivar table: the table that is missing.
    """

    def __init__(self, table: str) -> None:
        super().__init__(
            f"The staging table {table} does not exist: a run that succeeds drops its staging tables. Clear the "
            "staging tasks of the run together with this one."
        )
        self.table = table


def explain_load(error: Exception) -> Exception:
    """Return the error to raise for a load that failed; if a retry cannot help, it is one that Airflow does not retry.

    :param error: what the load raised; an error that is not known here is returned as it is.
    """
    if missing := _NO_STAGING.search(str(error)):
        return StagingMissingError(missing[1])
    if empty := _NO_VALUE.search(str(error)):
        return AirflowFailException(
            f"A staged row has no {empty[1] or empty[2]}, which must not be null. Nothing was loaded, and the staging "
            "tables are kept. Correct the file, or exclude such rows in the SELECT; then clear the run."
        )
    if _IDENTITY in str(error):
        return AirflowFailException(
            "The SELECT yields an IDENTITY column, whose values the warehouse assigns itself. Nothing was loaded. "
            "Remove the column from the SELECT."
        )
    return explain_lock(error)
