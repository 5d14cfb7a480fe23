"""Why a COPY failed, in words: where the data are the reason, what must be corrected, and whether a retry can help."""

from __future__ import annotations

import re

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session
from redshift_elt.staging.copy_errors import errors_of_failure, shown

_LISTED = 10

# A COPY that met bad data names one of these views in its message (AWS page "Loading data tutorial"); the second one
# where the first one does not exist.
_ERRORS_WITH_TEXTS = "stl_load_errors"
_ERRORS = "sys_load_error_detail"

# The engine's DETAIL names the object that it was reading.
_OBJECT = re.compile(r"(?:S3 key being read|Listing bucket)\s*[:=]\s*(\S.*?)\s*(?:\n|$)")

_GONE = re.compile(r"Error NoSuchKey\b")
# What no retry cures: what S3 says, and what is to be done.
_FOR_GOOD = (
    (
        re.compile(r"Error AccessDenied\b"),
        "The role that COPY uses may not read this object: allow it s3:GetObject, or correct iam_role.",
    ),
    (
        re.compile(r"Error PermanentRedirect\b"),
        "The bucket is in another region: correct the region of the task or of its AWS connection.",
    ),
    (re.compile(r"Error NoSuchBucket\b"), "There is no such bucket: correct its name."),
    (
        re.compile(r"failed to inflate with"),
        "The object is cut short, or not compressed as the task says: upload it again.",
    ),
    (
        re.compile(r"Number of jsonpaths and the number of columns|Invalid JSONPath format|Jsonpath file"),
        "The JSONPaths file must have one path for each column of the table, in their order: correct it.",
    ),
)


def explain_copy(session: Session, error: Exception, *, paths: str | None = None, max_rejects: int = 0) -> Exception:
    """Return the error to raise for a COPY that failed.

    What a retry cannot cure, such as bad data, becomes an error that Airflow does not retry. An error that is not known
    here is returned as it is.

    :param session: the session that ran the COPY, after its rollback; the load errors are found by it.
    :param error: what the COPY raised.
    :param paths: the JSONPaths file, if COPY reads one.
    :param max_rejects: how many bad lines were tolerated.
    """
    told = ServerError.of(error)
    if told is None:
        return error
    if _ERRORS_WITH_TEXTS in told.message or _ERRORS in told.message:
        return _bad_lines(session, told, max_rejects)
    object_name = match[1] if (match := _OBJECT.search(told.detail)) else None
    if _GONE.search(told.message):
        return AirflowException(
            f"{object_name or 'An object'} has vanished since it was listed, or is being replaced. Nothing was loaded; "
            f"a retry lists the objects again. COPY says: {shown(told.message, 500)}"
        )
    for pattern, advice in _FOR_GOOD:
        if pattern.search(told.message):
            place = paths if "JSONPaths" in advice else object_name
            return AirflowFailException(
                f"COPY cannot read {place or 'what it was given'}; nothing was loaded. {advice} Then clear this task. "
                f"COPY says: {shown(told.message, 500)}"
            )
    return error


def _bad_lines(session: Session, told: ServerError, max_rejects: int) -> Exception:
    errors = errors_of_failure(session, _LISTED + 1, with_texts=_ERRORS_WITH_TEXTS in told.message)
    lines = [str(error) for error in errors[:_LISTED]] or [told.message]
    if len(errors) > _LISTED:
        lines.append("... and more.")
    limit = (
        f"more lines than the {max_rejects:,} that max_rejects allows" if max_rejects else "data that it cannot load"
    )
    what = f"COPY met {limit}; nothing was loaded. Correct the file, then clear this task."
    return AirflowFailException("\n".join([what, *lines]))
