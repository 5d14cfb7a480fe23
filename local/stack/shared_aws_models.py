"""A session factory for Airflow's AWS hooks whose sessions share the descriptions of the AWS services.

A new session would read them again, which is half the cost of an AWS client. Tasks are forked processes, so they have
what their parent has read. Airflow's setting ``[aws] session_factory`` names the class.
"""

from __future__ import annotations

from typing import Any

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import BaseSessionFactory
from botocore.loaders import create_loader
from botocore.session import Session

SERVICES = ("redshift", "s3")

_loader = create_loader()


class SharedModels(BaseSessionFactory):
    """Creates sessions as Airflow does, but with one loader per process."""

    def _create_basic_session(self, session_kwargs: dict[str, Any]) -> boto3.session.Session:
        session = Session()
        session.register_component("data_loader", _loader)
        return boto3.session.Session(botocore_session=session, **session_kwargs)


def read_ahead() -> None:
    """Read the descriptions of the services that tasks use."""
    session = SharedModels(None)._create_basic_session({})
    for service in SERVICES:
        session.client(service, region_name="us-east-1")
