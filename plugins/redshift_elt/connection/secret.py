"""A user and a password that Secrets Manager keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from airflow.sdk.exceptions import AirflowException

from redshift_elt.connection.aws_api import AwsRefusedError


def login_in_secret(secret: str, ask: Callable[..., dict[str, Any]], named_in: str) -> tuple[str, str]:
    """Return the user and the password that a secret holds, in the form that Redshift's own secrets have.

    AWS page "Storing database credentials in AWS Secrets Manager": a JSON object with ``username`` and ``password``.

    :param secret: its ARN or its name.
    :param ask: calls an operation of AWS.
    :param named_in: the Airflow connection that names it.
    :raises AirflowException: there is no such secret, or it does not hold them; nothing of it is told.
    """
    try:
        answer = ask("secretsmanager", "GetSecretValue", SecretId=secret)
    except AwsRefusedError as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise
        raise AirflowException(
            f"Secrets Manager has no secret {secret!r} in this account and region: correct secret_arn in the "
            f"connection {named_in!r}."
        ) from refusal
    try:
        content = json.loads(answer["SecretString"])
        return content["username"], content["password"]
    except (KeyError, TypeError, ValueError):
        # What is in the secret must not get into a log by way of the error.
        raise AirflowException(
            f"The secret {secret!r} does not hold a user and a password: it must be a JSON object with username and "
            "password."
        ) from None
