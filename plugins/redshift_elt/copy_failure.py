"""Why a COPY failed, in words: the load errors that Redshift keeps about it are put into the task's error."""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.statements import staging
from redshift_elt.transaction import Session

# A COPY that met bad data names one of these views in its message (AWS page "Loading data tutorial").
_ERROR_VIEWS = ("stl_load_errors", "sys_load_error_detail")


def explain_copy(session: Session, error: Exception) -> Exception:
    """Return the error to raise for a COPY that failed.

    Bad data stays bad, so its error is one that Airflow does not retry. Any other error is returned as it is.

    :param session: the session that ran the COPY, after its rollback; no other one may see its load errors.
    :param error: what the COPY raised.
    """
    if not any(view in str(error) for view in _ERROR_VIEWS):
        return error
    found = session.fetch(staging.LOAD_ERRORS)
    lines = [
        f"{file}, line {line}{f', column {column} ({kind})' if column else ''}: {reason} (code {code})"
        for file, line, column, kind, code, reason in found
    ]
    return AirflowFailException(
        "COPY met data that it cannot load; nothing was loaded. Correct the file, then clear this task.\n"
        + "\n".join(lines or [str(error)])
    )
