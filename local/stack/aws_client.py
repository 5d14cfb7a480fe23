"""boto3 clients of the local stack."""

from __future__ import annotations

from typing import Any

from local.settings import Settings
from redshift_standin import Aws


def aws_client(settings: Settings, service: str, **options: Any) -> Any:
    """Return a boto3 client of the stand-in. It ignores the AWS account and proxies of the user's environment.

    :param options: further arguments of :meth:`boto3.session.Session.client`.
    """
    return Aws.of(settings).client(service, **options)
