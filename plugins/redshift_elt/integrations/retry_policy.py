"""Which failures of a task are worth a retry: those that may be over by then."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowNotFoundException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.transaction import ConnectionLostError, DiskFullError

if TYPE_CHECKING:
    from airflow.sdk import Context

# Room is made by people, or by other queries that end.
_FULL_DELAY = timedelta(minutes=5)

_EXPIRED = re.compile(r"ExpiredToken|RequestExpired|RequestTimeTooSkewed")
_BUSY = re.compile(r"SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|RequestTimeout|Unavailable|InternalError")
# A request that is malformed, or names what does not exist, or is forbidden: services that speak JSON forbid with
# status 400, the others with 401 or 403.
_WRONG = re.compile(
    r"AccessDenied|NoSuchBucket|InvalidBucketName|PermanentRedirect|AuthorizationHeaderMalformed"
    r"|ClusterNotFound|ResourceNotFound"
    r"|InvalidClientTokenId|UnrecognizedClient|UnauthorizedOperation|ValidationError|InvalidParameter|MissingParameter"
)

# COPY passes on what S3 told it (AWS page "S3ServiceException errors").
_S3_IN_COPY = re.compile(r"S3ServiceException:.*,Status (\d+),Error (\w+)", re.DOTALL)
# Redshift's engine has one SQLSTATE for all of these.
_WRONG_COPY = re.compile(
    r"not authorized to assume IAM Role|default IAM role|nonexistent table|jsonpath", re.IGNORECASE
)

# By the first two characters of the SQLSTATE: connections, resources, what was cancelled or shut down.
_STATES_THAT_PASS = ("08", "53", "57")
# Data, constraints, logins, names of databases and schemas, syntax and access rights, what is not supported.
_STATES_THAT_STAY = ("0A", "22", "23", "28", "3D", "3F", "42")

# The names that DB-API 2.0 gives to errors of the connection, in every driver.
_CONNECTION_ERRORS = {"InterfaceError", "OperationalError"}


class WarehouseRetryPolicy(RetryPolicy):
    """Fail at once what a retry cannot cure; retry what it can, and say why in the log.

    Airflow's own ``ExceptionRetryPolicy`` tells exceptions by their class. That is not enough here: botocore has one
    class for a wrong key and for a busy service, and the drivers have one for wrong SQL and for a lock conflict. So the
    codes that AWS and the warehouse send are looked at, also those of the error that caused the one that was raised.

    What is not known here is retried as the task's ``retries`` say; how long to wait is theirs too. The policy is not
    asked about ``AirflowFailException``, which always fails, nor about a process that was killed, which is retried.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - Airflow's own form
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Decide about an error by the first one in its chain of causes that tells enough."""
        decisions = (_decide(error) for error in _chain(exception))
        return next((decision for decision in decisions if decision), RetryDecision.default())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it, as a traceback shows them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _decide(error: BaseException) -> RetryDecision | None:
    """Return what an error alone says, or None."""
    if isinstance(error, DiskFullError):
        return RetryDecision.retry(_FULL_DELAY, "The warehouse's disk is full: somebody may make room meanwhile.")
    if isinstance(error, ConnectionLostError):
        return RetryDecision.retry(reason="The connection was lost.")
    if isinstance(error, AirflowNotFoundException):
        return RetryDecision.fail(f"Airflow lacks something that must be configured: {error}")
    if told := ServerError.of(error):
        return _by_server(told)
    return _by_response(error) or _by_class(error)


def _by_server(told: ServerError) -> RetryDecision | None:
    """Decide by what the warehouse said."""
    if told.is_disk_full:
        return RetryDecision.retry(_FULL_DELAY, "The warehouse's disk is full: somebody may make room meanwhile.")
    if told.is_conflict:
        return RetryDecision.retry(reason="Other transactions were in the way.")
    if found := _S3_IN_COPY.search(told.message):
        return _by_aws(found[2], int(found[1]))
    if told.state.startswith(_STATES_THAT_PASS):
        return RetryDecision.retry(reason=f"The warehouse could not do it now: {told.message}")
    if told.state.startswith(_STATES_THAT_STAY) or _WRONG_COPY.search(told.message):
        return RetryDecision.fail(f"The warehouse will refuse it again: {told.message}")
    return None


def _by_response(error: BaseException) -> RetryDecision | None:
    """Decide by the answer of AWS, which botocore keeps in its ClientError."""
    response: Any = getattr(error, "response", None)
    if not isinstance(response, dict) or "Error" not in response:
        return None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _by_aws(response["Error"].get("Code", ""), status)


def _by_aws(code: str, status: int) -> RetryDecision | None:
    """Decide by the code and the HTTP status of an error of AWS."""
    if _EXPIRED.search(code):
        return RetryDecision.retry(reason=f"The credentials have expired ({code}): the retry takes new ones.")
    if _BUSY.search(code) or status == 429 or status >= 500:
        return RetryDecision.retry(reason=f"AWS is busy or has trouble ({code}, HTTP status {status}).")
    if code == "NoSuchKey":
        return RetryDecision.retry(reason="An object is gone: the retry lists what is there now.")
    if _WRONG.search(code) or status in (401, 403):
        return RetryDecision.fail(f"AWS will refuse it again ({code}): correct names, credentials or permissions.")
    return None


def _by_class(error: BaseException) -> RetryDecision | None:
    """Decide by what kind of error it is, where it has no code."""
    from botocore.exceptions import ConnectionError as AwsConnectionError
    from botocore.exceptions import HTTPClientError, NoRegionError, ParamValidationError, ProfileNotFound

    if isinstance(error, (NoRegionError, ParamValidationError, ProfileNotFound)):
        return RetryDecision.fail(f"The configuration is wrong: {error}")
    kinds = {kind.__name__ for kind in type(error).__mro__}
    network = (AwsConnectionError, HTTPClientError, ConnectionError, TimeoutError, ssl.SSLError)
    if isinstance(error, network) or kinds & _CONNECTION_ERRORS:
        return RetryDecision.retry(reason=f"There was no connection: {error}")
    return None
