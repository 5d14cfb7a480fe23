"""A login stored in Secrets Manager."""

from __future__ import annotations

import json

from airflow.providers.common.compat.sdk import AirflowException

from redshift_elt.connection.aws_api import AwsRefusedError
from redshift_elt.connection.endpoints import AwsCall, Login


def login_in_secret(secret: str, call: AwsCall, named_in: str) -> Login:
    """Return the user and the password of a secret in the format of Redshift's own secrets.

    AWS page "Storing database credentials in AWS Secrets Manager": a JSON object with ``username`` and ``password``.

    :param secret: its ARN or its name.
    :param call: calls an AWS operation.
    :param named_in: the Airflow connection that names it, for messages.
    :raises AirflowException: the secret does not exist or has another format; the message does not reveal its content.
    """
    try:
        response = call("secretsmanager", "GetSecretValue", SecretId=secret)
    except AwsRefusedError as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise
        raise AirflowException(
            f"Secrets Manager has no secret {secret!r} in this account and region: correct secret_arn in the "
            f"connection {named_in!r}."
        ) from refusal
    try:
        content = json.loads(response["SecretString"])
        return content["username"], content["password"]
    except (KeyError, TypeError, ValueError):
        # The cause would carry the secret's content into the log.
        raise AirflowException(
            f"The secret {secret!r} does not contain a user and a password: it must be a JSON object with username and "
            "password."
        ) from None
