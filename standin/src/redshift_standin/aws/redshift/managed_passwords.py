"""Passwords that Secrets Manager holds for clusters and namespaces."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping

from moto.secretsmanager.models import secretsmanager_backends

from redshift_standin.settings import ACCOUNT


def random_password() -> str:
    """Return a password that the rules for master passwords allow."""
    alphabet = string.ascii_letters + string.digits
    # The rules require a lower-case letter, an upper-case letter and a digit.
    return "aA1" + "".join(secrets.choice(alphabet) for _ in range(29))


def create_secret(
    region: str, name: str, login: Mapping[str, str], description: str, tags: list[dict[str, str]]
) -> str:
    """Create a secret and return its ARN.

    :param login: the user name and the password, as ``username`` and ``password``.
    """
    secret = secretsmanager_backends[ACCOUNT][region].create_secret(
        name=name,
        secret_string=json.dumps(dict(login)),
        secret_binary=None,
        description=description,
        tags=tags,
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    return str(json.loads(secret)["ARN"])


def delete_secret(region: str, arn: str) -> None:
    """Delete a secret at once."""
    secretsmanager_backends[ACCOUNT][region].delete_secret(arn, None, force_delete_without_recovery=True)
