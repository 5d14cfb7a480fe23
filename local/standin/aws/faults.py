"""Outages on demand: for a while AWS answers with an error, so that tests can show what then becomes of a run."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

from local.errors import StackError

PATH = "/_standin/faults"

# COPY and UNLOAD use S3 with the cluster's role, beside the requests that arrive here.
COPY = "copy"
PLACES = ("s3", "redshift", COPY)

# Status and message of each error that can be asked for (AWS pages "Error responses" of S3, "Common errors").
_ERRORS = {
    "SlowDown": (503, "Please reduce your request rate."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "ThrottlingException": (400, "Rate exceeded"),
    "ExpiredToken": (400, "The provided token has expired."),
    "AccessDenied": (403, "Access Denied"),
}


@dataclass(frozen=True)
class Fault:
    """One error as a client is told it."""

    code: str
    status: int
    message: str


class Faults:
    """The errors that are due, by the place where they happen. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[str, tuple[Fault, int | None]] = {}
        self._told: dict[str, int] = {}

    def set(self, place: str, code: str, times: int | None = None) -> None:
        """Answer with an error from now on.

        :param place: ``s3`` or ``redshift`` for requests to these services, ``copy`` for what COPY reads
            from S3 and UNLOAD writes to it.
        :param code: the error's code, such as ``SlowDown``.
        :param times: how often; None until :meth:`clear`.
        :raises StackError: there is no such place or error.
        """
        if place not in PLACES or code not in _ERRORS:
            raise StackError(f"There is no fault {code!r} at {place!r}: places are {PLACES}, codes {tuple(_ERRORS)}.")
        with self._lock:
            self._due[place] = (Fault(code, *_ERRORS[code]), times)

    def clear(self) -> None:
        """Work again, and begin to count anew."""
        with self._lock:
            self._due.clear()
            self._told.clear()

    def next(self, place: str) -> Fault | None:
        """Return the error to answer with now, if there is one."""
        with self._lock:
            fault, times = self._due.get(place, (None, None))
            if fault is None:
                return None
            self._told[place] = self._told.get(place, 0) + 1
            if times is not None:
                if times > 1:
                    self._due[place] = (fault, times - 1)
                else:
                    del self._due[place]
            return fault

    def answer(self, method: str, body: bytes) -> tuple[int, str]:
        """Answer a request to :data:`PATH`: POST sets a fault, DELETE clears all, GET tells how often each was told.

        :return: the HTTP status and a JSON text.
        """
        if method == "POST":
            try:
                asked = json.loads(body)
                self.set(asked["place"], asked["code"], asked.get("times"))
            except (ValueError, KeyError, TypeError, StackError) as error:
                return 400, json.dumps({"error": str(error)})
        elif method == "DELETE":
            self.clear()
        with self._lock:
            return 200, json.dumps(self._told)


# COPY runs in this process and has no request to look at.
FAULTS = Faults()
