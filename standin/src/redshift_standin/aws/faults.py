"""Injected faults: for a while, AWS responds with an error, so that tests can show how a run handles it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

import botocore.session
from botocore.model import OperationNotFoundError

from redshift_standin.errors import StandinError

PATH = "/_standin/faults"

# COPY and UNLOAD use S3 with the cluster's role, beside the requests that arrive here.
COPY = "copy"
# S3's requests do not name their operation.
_WITHOUT_OPERATIONS = ("s3", COPY)
PLACES = (
    *_WITHOUT_OPERATIONS,
    "ec2",
    "iam",
    "redshift",
    "redshift-data",
    "redshift-serverless",
    "secretsmanager",
    "sts",
)

# The request takes effect, and its connection closes without a response.
ANSWER_LOST = "AnswerLost"

# Status and message of the errors that can be injected anywhere (AWS pages "Error responses" of S3, "Common errors",
# "Error codes for the Amazon EC2 API").
_ERRORS = {
    "SlowDown": (503, "Please reduce your request rate."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "RequestLimitExceeded": (503, "Request limit exceeded."),
    "ThrottlingException": (400, "Rate exceeded"),
    "ExpiredToken": (400, "The provided token has expired."),
    "AccessDenied": (403, "Access Denied"),
}


@dataclass(frozen=True)
class Fault:
    """One error, as a client receives it."""

    code: str
    status: int
    message: str


# A place, and one of its operations or None for all.
_Target = tuple[str, "str | None"]


class Faults:
    """The injected errors. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[_Target, tuple[Fault, int | None]] = {}
        self._counts: dict[_Target, int] = {}

    def set(self, place: str, code: str, times: int | None = None, operation: str | None = None) -> None:
        """Inject an error.

        :param place: ``copy`` for what COPY reads from S3 and UNLOAD writes to it, or the service that requests go to
            by its name in boto3, such as ``s3`` or ``redshift``.
        :param code: the error's code, such as ``SlowDown``, or :data:`ANSWER_LOST`. With an operation it can be any
            that AWS lists for it.
        :param times: how often; None means until :meth:`clear`.
        :param operation: the only operation that fails, such as ``CreateCluster``; it has precedence over a
            fault of the whole place. S3 and COPY have none.
        :raises StandinError: there is no such place, operation or error.
        """
        fault = _fault(place, code, operation)
        with self._lock:
            self._due[place, operation] = (fault, times)

    def clear(self) -> None:
        """Remove all faults and reset the counts."""
        with self._lock:
            self._due.clear()
            self._counts.clear()

    def next(self, place: str, operation: str | None = None) -> Fault | None:
        """Return the error for the current request, if there is one."""
        with self._lock:
            at = next((at for at in ((place, operation), (place, None)) if at in self._due), None)
            if at is None:
                return None
            fault, times = self._due[at]
            self._counts[at] = self._counts.get(at, 0) + 1
            if times is not None:
                if times > 1:
                    self._due[at] = (fault, times - 1)
                else:
                    del self._due[at]
            return fault

    def answer(self, method: str, body: bytes) -> tuple[int, str]:
        """Answer a request to :data:`PATH`: POST sets a fault, DELETE clears all, GET returns how often each occurred.

        :return: the HTTP status and a JSON text.
        """
        if method == "POST":
            try:
                request = json.loads(body)
                self.set(request["place"], request["code"], request.get("times"), request.get("operation"))
            except (ValueError, KeyError, TypeError, AttributeError, StandinError) as error:
                return 400, json.dumps({"error": str(error)})
        elif method == "DELETE":
            self.clear()
        with self._lock:
            return 200, json.dumps({".".join(filter(None, at)): times for at, times in self._counts.items()})


def _fault(place: str, code: str, operation: str | None) -> Fault:
    if place not in PLACES or (operation is not None and place in _WITHOUT_OPERATIONS):
        raise StandinError(f"There is no fault of {operation or place!r} at {place!r}: places are {PLACES}.")
    errors = dict(_ERRORS)
    if operation is not None:
        errors.update(_listed_errors(place, operation))
    if place != COPY:
        errors[ANSWER_LOST] = (0, "")
    if code not in errors:
        raise StandinError(f"There is no fault {code!r} at {place!r}: codes are {tuple(errors)}.")
    return Fault(code, *errors[code])


def _listed_errors(service: str, operation: str) -> dict[str, tuple[int, str]]:
    """Return the errors that AWS lists for an operation.

    :raises StandinError: the service has no such operation.
    """
    try:
        model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    except OperationNotFoundError as error:
        raise StandinError(f"{service} has no operation {operation!r}.") from error
    return {
        shape.error_code: (
            shape.metadata.get("error", {}).get("httpStatusCode", 400),
            f"{operation} fails with {shape.error_code}: injected by /_standin/faults.",
        )
        for shape in model.error_shapes
    }


# A module variable, because COPY does not go through the gateway.
FAULTS = Faults()
