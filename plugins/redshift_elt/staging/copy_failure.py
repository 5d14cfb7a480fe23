"""Explain why a COPY failed: what is wrong with the data or the objects, what to do, and whether a retry can help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.staging.copy_errors import errors_of_failure, shown
from redshift_elt.staging.reject_limit import RejectLimit

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

_LISTED = 10
_NO_REJECTS = RejectLimit()

# A COPY that fails because of bad data names one of these views in its message (AWS page "Loading data tutorial"): the
# second one if the first one does not exist.
_ERRORS_WITH_TEXTS = "stl_load_errors"
_ERRORS = "sys_load_error_detail"

# The engine's DETAIL names the object that it was reading.
_OBJECT = re.compile(r"(?:S3 key being read|Listing bucket)\s*[:=]\s*(\S.*?)\s*(?:\n|$)")

_GONE = re.compile(r"Error NoSuchKey\b")
# The error of COPY from columnar files, and its codes for data that does not match the table (aws/aws-sdk-pandas issue
# 280, rudderlabs/rudder-server pull request 3178).
_SCAN_ERROR = "Spectrum Scan Error"
_SCAN_CONTEXT = re.compile(r"code:\s*(?:15001|15007)\b.*?context:\s*(.*?)\s*(?:\n\s*query:|$)", re.DOTALL)
# Errors that a retry does not cure, and what to do.
_PERMANENT = (
    (
        re.compile(r"Error AccessDenied\b"),
        "The role that COPY uses may not read this object: allow it s3:GetObject, for example with the prefixes in the "
        "form of the DAG that creates the cluster, or correct iam_role.",
    ),
    (
        re.compile(r"Error PermanentRedirect\b"),
        "The bucket is in another region: correct the region of the task or of its AWS connection.",
    ),
    (
        re.compile(r"not authorized to assume IAM Role|default IAM role", re.IGNORECASE),
        "Associate the role with the cluster, or correct iam_role.",
    ),
    (re.compile(r"Error NoSuchBucket\b"), "The bucket does not exist: correct its name."),
    (
        re.compile(r"failed to inflate with"),
        "The object is truncated, or not compressed as the ending of its key or the format says: upload it again.",
    ),
    (
        re.compile(r"Invalid AVRO file found"),
        "The object is not an Avro file, or truncated: upload it again.",
    ),
    (
        re.compile(r"Number of jsonpaths and the number of columns|Invalid JSONPath format|Jsonpath file"),
        "The JSONPaths file must have one path for each column of the table, in the order of the columns: correct it.",
    ),
)


def explain_copy(
    session: Session, error: Exception, *, paths: str | None = None, limit: RejectLimit = _NO_REJECTS
) -> Exception:
    """Return the error to raise for a COPY that failed.

    What a retry cannot cure, such as bad data, becomes an error that Airflow does not retry. Other errors are returned
    as they are.

    :param session: the session that ran the COPY, after its rollback; the load errors are looked up by it.
    :param error: what the COPY raised.
    :param paths: the JSONPaths file, if COPY reads one.
    :param limit: the records that COPY was allowed to reject.
    """
    failure = ServerError.of(error)
    if failure is None:
        return error
    if _ERRORS_WITH_TEXTS in failure.message or _ERRORS in failure.message:
        return _bad_lines(session, failure, limit)
    object_name = match[1] if (match := _OBJECT.search(failure.detail)) else None
    if _GONE.search(failure.message):
        return AirflowException(
            f"{object_name or 'An object'} was deleted since it was listed, or is being replaced. Nothing was loaded; "
            f"a retry lists the objects again. COPY says: {shown(failure.message, 500)}"
        )
    if failure.message.startswith(_SCAN_ERROR) and (match := _SCAN_CONTEXT.search(failure.detail)):
        return AirflowFailException(
            "COPY cannot load a columnar file, and rejects no single records of it; nothing was loaded. The columns of "
            "the file must be those of the table, in its order. Correct the file or the columns of format, then clear "
            f"this task. COPY says: {shown(match[1], 500)}"
        )
    for pattern, advice in _PERMANENT:
        if pattern.search(failure.message):
            place = paths if "JSONPaths" in advice else object_name
            return AirflowFailException(
                f"COPY cannot read {place or 'its objects'}; nothing was loaded. {advice} Then clear this task. "
                f"COPY says: {shown(failure.message, 500)}"
            )
    return error


def _bad_lines(session: Session, failure: ServerError, limit: RejectLimit) -> Exception:
    errors = errors_of_failure(session, _LISTED + 1, with_texts=_ERRORS_WITH_TEXTS in failure.message)
    lines = [str(error) for error in errors[:_LISTED]] or [failure.message]
    if len(errors) > _LISTED:
        lines.append("... and more.")
    what = (
        f"COPY found {_excess(limit)}; nothing was loaded. Correct the file, the format or the table, then clear this "
        "task."
    )
    return AirflowFailException("\n".join([what, *lines]))


def _excess(limit: RejectLimit) -> str:
    if limit.share is not None:
        return f"more than {limit.most:,} bad records, at which it stops whatever share max_rejects allows"
    return f"more bad records than the {limit} that max_rejects allows" if limit.most else "records that it cannot load"
