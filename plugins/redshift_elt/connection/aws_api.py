"""The AWS API: boto3 clients of an Airflow connection, and calls with a time limit whose errors say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.common.compat.sdk import AirflowException
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

# A healthy API answers within a second. botocore's defaults, a minute and four retries, are too long for a login.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 2, 3, 2
# The standard retry mode waits at most this long before the first retry (boto3 guide "Retries").
_BACKOFF_SECONDS = 1
CALL_SECONDS = _ATTEMPTS * (_CONNECT_SECONDS + _READ_SECONDS) + (_ATTEMPTS - 1) * _BACKOFF_SECONDS
LIMITS = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
)

# For objects and listings; botocore waits a minute for a connection by default. It tries a request five times, unless
# AWS_MAX_ATTEMPTS or the connection says otherwise.
_OBJECT_LIMITS = Config(connect_timeout=10, read_timeout=60)

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN = ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException")


def boto3_client(
    service: str, aws_conn_id: str | None, *, region: str | None = None, limits: Config | None = None
) -> Any:
    """Return a boto3 client of an AWS service.

    :param service: its name in boto3, such as ``redshift-data``.
    :param aws_conn_id: the Airflow connection; None uses boto3's own credential chain.
    :param region: the region; None: the connection's.
    :param limits: overrides the connection's botocore config.
    """
    hook = AwsBaseHook(aws_conn_id=aws_conn_id, client_type=service, region_name=region)
    if limits is not None:
        # Set on the connection, they also apply to the STS client that assumes a role. Other settings of the
        # connection, such as a proxy, are kept.
        hook.conn_config.botocore_config = hook.config.merge(limits)
    return hook.conn


def s3_hook(aws_conn_id: str | None) -> S3Hook:
    """Return the hook for buckets, whose requests have time limits.

    :param aws_conn_id: the Airflow connection; ``config_kwargs`` in its extra replaces the limits.
    """
    hook = S3Hook(aws_conn_id=aws_conn_id)
    hook.conn_config.botocore_config = _OBJECT_LIMITS.merge(hook.config)
    return hook


class AwsRefusedError(AirflowException):
    """AWS answered with an error.

    :param code: the error code, such as ``ClusterNotFound``.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Deadline:
    """A time budget shared by several calls.

    :param seconds: the budget, counted from now.
    :param clock: returns seconds since a fixed moment.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds that remain; negative once the deadline has passed."""
        return self._end - self._clock()


class AwsApi:
    """The AWS API through an Airflow connection, with time limits for every call.

    :param aws_conn_id: the Airflow connection; None uses boto3's own credential chain.
    :param region: the region; None: the connection's.
    :param session: arguments of a boto3 session that is used instead of the connection, such as ``profile_name``.
    """

    def __init__(
        self, aws_conn_id: str | None, region: str | None = None, session: Mapping[str, str] | None = None
    ) -> None:
        self._aws_conn_id = aws_conn_id
        self._region = region
        self._session = session or {}
        # Creating a client costs more than a call.
        self._client = cache(self._new_client)

    def call(self, deadline: Deadline, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation and return its response.

        :param service: its name in boto3, which is also the prefix of its IAM actions.
        :param operation: its name in the API reference, such as ``DescribeClusters``.
        :raises AwsRefusedError: AWS answered with an error.
        :raises AirflowException: the call failed, or the deadline leaves no time for it.
        """
        if deadline.remaining() < CALL_SECONDS:
            raise AirflowException(
                f"AWS has responded so slowly that no time is left for {operation}. Try again; if the problem "
                "persists, check the network between this machine and AWS."
            )
        try:
            return getattr(self._client(service), xform_name(operation))(**arguments)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            raise AwsRefusedError(self._refusal(error, code, service, operation), code) from error
        except (ConnectionError, HTTPClientError) as error:
            raise AirflowException(
                f"AWS did not answer {operation}: {error}. This machine needs a route to the endpoint of {service} "
                "(a NAT gateway, a VPC endpoint of the service, or a proxy), and a security group that allows "
                "outbound traffic on port 443."
            ) from error
        except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
            raise AirflowException(
                f"No AWS credentials were found for {operation}: {error}. Attach a role to the worker, or set "
                f"a key pair or a role to assume in {self._origin}."
            ) from error
        except NoRegionError as error:
            raise AirflowException(
                f"No region is set for {operation}: put region_name into the extra of {self._origin}."
            ) from error
        except BotoCoreError as error:
            raise AirflowException(
                f"{self._origin[0].upper()}{self._origin[1:]} cannot be used for {operation}: {error}"
            ) from error

    @property
    def _origin(self) -> str:
        """Where the credentials come from, for messages."""
        if "profile_name" in self._session:
            return f"the AWS profile {self._session['profile_name']!r}"
        if self._session:
            return f"the access key {self._session.get('aws_access_key_id')!r}"
        return f"the Airflow connection {self._aws_conn_id!r}"

    def _new_client(self, service: str) -> Any:
        if self._session:
            import boto3

            return boto3.Session(region_name=self._region, **self._session).client(service, config=LIMITS)
        return boto3_client(service, self._aws_conn_id, region=self._region, limits=LIMITS)

    def _refusal(self, error: ClientError, code: str, service: str, operation: str) -> str:
        # The connection may have had to assume a role before it could call the operation.
        if error.operation_name != operation:
            service, operation = "sts", error.operation_name
        answer = f"{operation} ({code}): {error.response['Error'].get('Message', '')}".rstrip(".")
        identity = f"the identity of {self._origin}"
        if code in _DENIED:
            return f"AWS does not allow {answer}. Allow {service}:{operation} to {identity}."
        if code in _EXPIRED:
            return f"AWS refused {answer}. Renew the credentials of {identity}."
        if code in _UNKNOWN:
            return f"AWS refused {answer}. Correct the credentials of {identity}, or its region."
        return f"AWS refused {answer}."
