"""AWS's API as the connection to the warehouse uses it: asked with limits, and each failure says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowException
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

# A healthy API answers within a second. botocore's own limits, a minute and four retries, are for other work.
_CONNECT_SECONDS, _ANSWER_SECONDS, _ATTEMPTS = 2, 3, 2
# The standard mode waits at most this before its first retry (boto3 guide "Retries").
_BACKOFF_SECONDS = 1
CALL_SECONDS = _ATTEMPTS * (_CONNECT_SECONDS + _ANSWER_SECONDS) + (_ATTEMPTS - 1) * _BACKOFF_SECONDS
LIMITS = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_ANSWER_SECONDS,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
)

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN = ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException")


class AwsRefusedError(AirflowException):
    """AWS answered with an error.

    :param code: AWS's code of it, such as ``ClusterNotFound``.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Deadline:
    """When whoever waits must have been told.

    :param seconds: how long from now.
    :param clock: tells seconds since some moment.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Return how many seconds are left; negative when it is over."""
        return self._end - self._clock()


class AwsApi:
    """AWS's API through an Airflow connection.

    :param aws_conn_id: the connection; None uses what boto3 finds by itself.
    :param region: the region; None: the connection's.
    """

    def __init__(self, aws_conn_id: str | None, region: str | None = None) -> None:
        self._aws_conn_id = aws_conn_id
        self._region = region
        # Making a client costs more than a call.
        self._client = cache(self._new_client)

    def ask(self, deadline: Deadline, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation and return its answer.

        :param service: its name in boto3, which is also the prefix of its IAM actions.
        :param operation: its name in the API reference, such as ``DescribeClusters``.
        :raises AwsRefusedError: AWS answered with an error.
        :raises AirflowException: AWS could not be asked, or there is no time left for it.
        """
        if deadline.left() < CALL_SECONDS:
            raise AirflowException(
                f"AWS has answered so slowly that no time is left for {operation}. Try again; if it stays so, look at "
                "the network between this machine and AWS."
            )
        try:
            return getattr(self._client(service), xform_name(operation))(**arguments)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            raise AwsRefusedError(self._refused(error, code, service, operation), code) from error
        except (ConnectionError, HTTPClientError) as error:
            raise AirflowException(
                f"There is no answer from AWS to {operation}: {error}. This machine needs a way to {service}'s "
                "endpoint: a NAT gateway, a VPC endpoint of the service, or a proxy; and a security group that lets "
                "it out on port 443."
            ) from error
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
            raise AirflowException(
                f"There are no AWS credentials for {operation}: {error}. Give the worker a role, or the Airflow "
                f"connection {self._aws_conn_id!r} a key pair or a role to assume."
            ) from error
        except NoRegionError as error:
            raise AirflowException(
                f"It is not known in which region to call {operation}: put region_name into the extra of the Airflow "
                f"connection {self._aws_conn_id!r}."
            ) from error
        except BotoCoreError as error:
            raise AirflowException(
                f"The Airflow connection {self._aws_conn_id!r} cannot be used for {operation}: {error}"
            ) from error

    def _new_client(self, service: str) -> Any:
        hook = AwsBaseHook(aws_conn_id=self._aws_conn_id, client_type=service, region_name=self._region)
        # Set here, they hold also for the STS client that assumes a role; the connection's own settings, such as a
        # proxy, stay.
        hook.conn_config.botocore_config = hook.config.merge(LIMITS)
        return hook.conn

    def _refused(self, error: ClientError, code: str, service: str, operation: str) -> str:
        # Before the operation the connection may have had a role to assume.
        if error.operation_name != operation:
            service, operation = "sts", error.operation_name
        said = f"{operation} ({code}): {error.response['Error'].get('Message', '')}".rstrip(".")
        whose = f"the identity of the Airflow connection {self._aws_conn_id!r}"
        if code in _DENIED:
            return f"AWS does not allow {said}. Allow {service}:{operation} to {whose}."
        if code in _EXPIRED:
            return f"AWS refuses {said}. Renew the credentials of {whose}."
        if code in _UNKNOWN:
            return f"AWS refuses {said}. Correct the credentials of {whose}, and its region."
        return f"AWS refuses {said}."
