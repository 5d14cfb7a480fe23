"""The exceptions of the Redshift Data API."""

from __future__ import annotations


class DataApiError(Exception):
    """An exception that the caller receives.

    :param code: its name, such as ``ValidationException``.
    :param resource: what was not found, for ResourceNotFoundException.
    :param status: the HTTP status.
    """

    def __init__(self, code: str, message: str, *, resource: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.resource = resource
        self.status = status


def invalid(message: str) -> DataApiError:
    """Return the error for a request that AWS refuses."""
    return DataApiError("ValidationException", message)


def unsupported(what: str) -> DataApiError:
    """Return the error for a feature that the stand-in does not support."""
    return DataApiError("UnsupportedOperation", f"{what} is not supported by the stand-in.", status=501)


def not_found(message: str, resource: str) -> DataApiError:
    """Return the error for a resource that does not exist, or that has another owner."""
    return DataApiError("ResourceNotFoundException", message, resource=resource)
