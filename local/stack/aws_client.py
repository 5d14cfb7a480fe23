"""boto3 clients of the local stack."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.settings import Settings
from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY


def aws_client(settings: Settings, service: str) -> Any:
    """Return a boto3 client of the stand-in. It ignores the AWS account and proxies of the user's environment."""
    return boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION).client(
        service,
        endpoint_url=settings.aws_url,
        config=Config(max_pool_connections=16, proxies={}, retries={"max_attempts": 2}),
    )
