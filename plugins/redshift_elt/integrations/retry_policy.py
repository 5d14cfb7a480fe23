"""Decide which failures of a task are worth a retry."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from redshift_elt.compatibility import RetryDecision, RetryPolicy
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.transaction import ConnectionLostError, DiskFullError

if TYPE_CHECKING:
    from airflow.sdk import Context

# Space is freed by people, or when other queries end.
_FULL_DELAY = timedelta(minutes=5)

_EXPIRED = re.compile(r"ExpiredToken|RequestExpired|RequestTimeTooSkewed")
_BUSY = re.compile(r"SlowDown|Throttl|TooManyRequests|RequestLimitExceeded|RequestTimeout|Unavailable|InternalError")
# Malformed or forbidden requests, and names that do not exist. Services with a JSON protocol refuse access with status
# 400, the others with 401 or 403.
_WRONG = re.compile(
    r"AccessDenied|NoSuchBucket|InvalidBucketName|PermanentRedirect|AuthorizationHeaderMalformed"
    r"|ClusterNotFound|ResourceNotFound"
    r"|InvalidClientTokenId|UnrecognizedClient|UnauthorizedOperation|ValidationError|InvalidParameter|MissingParameter"
)

# COPY passes on the error of S3 (AWS page "S3ServiceException errors").
_S3_IN_COPY = re.compile(r"S3ServiceException:.*,Status (\d+),Error (\w+)", re.DOTALL)
# Redshift's engine uses one SQLSTATE for all of these.
_WRONG_COPY = re.compile(
    r"not authorized to assume IAM Role|default IAM role|nonexistent table|jsonpath", re.IGNORECASE
)

# SQLSTATE classes: connections, resources, cancelled statements and shutdowns.
_TEMPORARY_STATES = ("08", "53", "57")

# The names of DB-API 2.0 for connection errors, in every driver.
_CONNECTION_ERRORS = {"InterfaceError", "OperationalError"}

# Python's own errors for wrong code and wrong arguments: the same code with the same arguments fails again.
_WRONG_CODE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    NotImplementedError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
# Some libraries derive network errors from ValueError too; and a response that is not JSON may be an error page.
_NOT_WRONG_CODE = (OSError, json.JSONDecodeError)


class WarehouseRetryPolicy(RetryPolicy):
    """Fail immediately if a retry cannot help, otherwise retry, and log the reason.

    Airflow's ``ExceptionRetryPolicy`` distinguishes exceptions by class. That is not enough here: botocore uses one
    class for a wrong key and for a busy service, and the drivers use one for wrong SQL and for a lock conflict.
    Therefore this policy checks the error codes of AWS and the warehouse, also those of the causes of an exception.

    If none of them is known and Python's own errors or Jinja's show wrong code, a wrong argument or a wrong template,
    the task fails too. Other unknown errors follow the task's ``retries``; so do the delays. Airflow does not consult
    the policy for ``AirflowFailException``, which always fails, nor for a process that was killed, which is retried.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Return the decision for the first exception in the chain of causes that is known."""
        decisions = (_decide(error) for error in _chain(exception))
        known = next((decision for decision in decisions if decision), None)
        return known or _by_code(exception) or RetryDecision.default()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, in the order of a traceback."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _decide(error: BaseException) -> RetryDecision | None:
    """Return the decision for a single exception, or None if it is unknown."""
    if isinstance(error, DiskFullError):
        return RetryDecision.retry(_FULL_DELAY, "The warehouse's disk is full: space may be freed meanwhile.")
    if isinstance(error, ConnectionLostError):
        return RetryDecision.retry(reason="The connection was lost.")
    if isinstance(error, AirflowNotFoundException):
        return RetryDecision.fail(f"Airflow's configuration is incomplete: {error}")
    if server_error := ServerError.of(error):
        return _by_server(server_error)
    return _by_response(error) or _by_class(error)


def _by_server(error: ServerError) -> RetryDecision | None:
    """Decide by the warehouse's error."""
    if error.is_disk_full:
        return RetryDecision.retry(_FULL_DELAY, "The warehouse's disk is full: space may be freed meanwhile.")
    if error.is_conflict:
        return RetryDecision.retry(reason="Conflict with another transaction.")
    if found := _S3_IN_COPY.search(error.message):
        return _by_aws(found[2], int(found[1]))
    if error.state.startswith(_TEMPORARY_STATES):
        return RetryDecision.retry(reason=f"The warehouse has a temporary problem: {error.message}")
    if error.is_permanent or _WRONG_COPY.search(error.message):
        return RetryDecision.fail(f"The warehouse would refuse it again: {error.message}")
    return None


def _by_response(error: BaseException) -> RetryDecision | None:
    """Decide by the response of AWS, which botocore keeps in its ClientError."""
    response: Any = getattr(error, "response", None)
    if not isinstance(response, dict) or "Error" not in response:
        return None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _by_aws(response["Error"].get("Code", ""), status)


def _by_aws(code: str, status: int) -> RetryDecision | None:
    """Decide by the code and the HTTP status of an AWS error."""
    if _EXPIRED.search(code):
        return RetryDecision.retry(reason=f"The credentials have expired ({code}): the retry requests new ones.")
    if _BUSY.search(code) or status == 429 or status >= 500:
        return RetryDecision.retry(reason=f"AWS is busy or has a problem ({code}, HTTP status {status}).")
    if code == "NoSuchKey":
        return RetryDecision.retry(reason="An object no longer exists: the retry lists the objects again.")
    if _WRONG.search(code) or status in (401, 403):
        return RetryDecision.fail(f"AWS would refuse it again ({code}): correct names, credentials or permissions.")
    return None


def _by_class(error: BaseException) -> RetryDecision | None:
    """Decide by the class of an error without a code."""
    from botocore.exceptions import ConnectionError as AwsConnectionError
    from botocore.exceptions import HTTPClientError, NoRegionError, ParamValidationError, ProfileNotFound

    if isinstance(error, (NoRegionError, ParamValidationError, ProfileNotFound)):
        return RetryDecision.fail(f"The configuration is wrong: {error}")
    kinds = {kind.__name__ for kind in type(error).__mro__}
    network = (AwsConnectionError, HTTPClientError, ConnectionError, TimeoutError, ssl.SSLError)
    if isinstance(error, network) or kinds & _CONNECTION_ERRORS:
        return RetryDecision.retry(reason=f"The connection failed: {error}")
    return None


def _by_code(error: BaseException) -> RetryDecision | None:
    """Decide by whether the code is wrong; only for the error that was raised.

    Code that handles such an error and raises another one knows what it means.
    """
    from jinja2 import TemplateError

    if isinstance(error, TemplateError) or (isinstance(error, _WRONG_CODE) and not isinstance(error, _NOT_WRONG_CODE)):
        return RetryDecision.fail(f"The code, an argument or a template is wrong: {type(error).__name__}: {error}")
    return None
