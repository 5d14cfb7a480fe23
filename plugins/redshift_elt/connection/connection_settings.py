"""What an Airflow connection of type ``redshift`` says, in its fields and in its extra."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import redshift_connector
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.tls import VERIFY_FULL

if TYPE_CHECKING:
    from airflow.sdk import Connection

# Extras that the driver does not have. The second is the Amazon provider's.
_OWN_TYPES: dict[str, Any] = {"secret_arn": str, "serverless_token_duration_seconds": int}
# The driver declares an integer, but a socket's timeout may have fractions.
_OTHER_TYPES: dict[str, Any] = {"timeout": float}

_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}
# The driver ignores every other mode, and then sends no TLS to a server that expects it.
_TLS_MODES = ("verify-ca", VERIFY_FULL)

# Extras for which the driver itself requests the login, from an identity provider.
_IDENTITY_PROVIDER = ("auth_profile", "credentials_provider")
# Extras that name the warehouse, or are used to request the login. Without an identity provider, the driver must not
# see them: it would look up the cluster a second time, with its own credentials.
_FOR_LOOKUPS = {
    "access_key_id",
    "auto_create",
    "cluster_identifier",
    "database",
    "db_groups",
    "db_user",
    "force_lowercase",
    "group_federation",
    "host",
    "iam",
    "iam_disable_cache",
    "is_serverless",
    "password",
    "port",
    "profile",
    "region",
    "secret_access_key",
    "serverless_acct_id",
    "serverless_work_group",
    "session_token",
    "user",
}


@dataclass(frozen=True)
class ConnectionSettings:
    """The settings of a connection, with their types.

    An extra takes precedence over the field with the same meaning, as in the Amazon provider (Airflow page "Amazon
    Redshift Connection"). The extras of a URI are texts, and those of a form may be.

    :param named_in: the connection's name, for messages.
    :param host: None if the warehouse is looked up by its name.
    :param user: the database user; None if the caller's IAM identity logs in, or a secret has the user.
    :param extras: the extras that are set. Names that are not known are among them.
    """

    named_in: str
    host: str | None
    port: int | None
    database: str | None
    user: str | None
    password: str | None = field(repr=False)
    extras: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, connection: Connection) -> ConnectionSettings:
        """Return the settings of a connection.

        :raises AirflowFailException: the value of an extra does not have its type.
        """
        conn_id = connection.conn_id or ""
        extras = {
            name: _typed(name, value, conn_id)
            for name, value in connection.extra_dejson.items()
            if value is not None and value != ""
        }
        users = [extras.get("db_user"), extras.get("user"), connection.login]
        # The driver takes db_user only for temporary credentials.
        if not extras.get("iam"):
            users = [*users[1:], users[0]]
        return cls(
            conn_id,
            # The fields of a URI can be empty texts.
            extras.get("host") or connection.host or None,
            extras.get("port") or connection.port,
            extras.get("database") or connection.schema or None,
            next(filter(None, users), None),
            extras.get("password") or connection.password or None,
            extras,
        )

    @property
    def uses_identity_provider(self) -> bool:
        """Whether the driver requests the login from an identity provider."""
        return any(self.extras.get(name) for name in _IDENTITY_PROVIDER)

    @property
    def workgroup(self) -> str | None:
        """The Serverless workgroup; None for a cluster."""
        return self.extras.get("serverless_work_group") if self.extras.get("is_serverless", True) else None

    @property
    def warehouse(self) -> str:
        """The name of the workgroup or of the cluster or, for a connection without either, the host; may be empty."""
        return self.workgroup or self.extras.get("cluster_identifier") or self.host or ""

    @property
    def aws_session(self) -> dict[str, str]:
        """The arguments of a boto3 session that replaces the AWS connection; empty without a profile or a key."""
        if profile := self.extras.get("profile"):
            return {"profile_name": profile}
        names = {
            "access_key_id": "aws_access_key_id",
            "secret_access_key": "aws_secret_access_key",
            "session_token": "aws_session_token",
        }
        return {argument: self.extras[name] for name, argument in names.items() if name in self.extras}

    def driver_extras(self) -> dict[str, Any]:
        """Return the extras that the driver gets.

        The driver verifies the host name only if ``sslmode`` is given; its own default logs a warning and goes on.

        :raises AirflowFailException: an extra is unknown, or contradicts another one.
        """
        self._check()
        hidden = _OWN_TYPES if self.uses_identity_provider else {*_OWN_TYPES, *_FOR_LOOKUPS}
        given = {name: value for name, value in self.extras.items() if name not in hidden}
        return {"sslmode": VERIFY_FULL, **given}

    def _check(self) -> None:
        if unknown := sorted(set(self.extras) - set(_types())):
            raise AirflowFailException(
                f"The connection {self.named_in!r} has extras that neither redshift_connector nor the Amazon provider "
                f"knows: {', '.join(unknown)}. Remove or correct them."
            )
        mode = self.extras.get("sslmode", VERIFY_FULL)
        if mode not in _TLS_MODES:
            raise AirflowFailException(
                f"The extra sslmode of the connection {self.named_in!r} is {mode!r}: write one of "
                f"{' and '.join(_TLS_MODES)}, or leave it out."
            )
        if self.extras.get("ssl") is False and self.extras.get("iam"):
            raise AirflowFailException(
                f"The connection {self.named_in!r} has iam and switches TLS off: remove ssl from its extra, because a "
                "temporary password must not be sent without TLS."
            )


@cache
def _types() -> dict[str, Any]:
    """Return the type of each extra: str, int, float, bool or a list of texts."""
    hints = typing.get_type_hints(redshift_connector.connect)
    del hints["return"]
    # Each is Optional, and the only list is one of texts.
    kinds = {name: typing.get_args(hint)[0] for name, hint in hints.items()}
    return {
        **{name: list[str] if typing.get_origin(kind) is list else kind for name, kind in kinds.items()},
        **_OTHER_TYPES,
        **_OWN_TYPES,
    }


def _typed(name: str, value: Any, conn_id: str) -> Any:
    """Return the value of an extra with its type; that of an unknown one as it is.

    :raises AirflowFailException: it does not have the type. The message does not show texts, which may be secrets.
    """
    kind = _types().get(name)
    if kind is None:
        return value
    read, what = _READERS[kind]
    try:
        return read(value)
    except (KeyError, TypeError, ValueError):
        shown = "has another type" if kind is str else f"is {value!r}"
        raise AirflowFailException(f"The extra {name!r} of the connection {conn_id!r} {shown}: write {what}.") from None


def _boolean(value: Any) -> bool:
    return _WORDS[str(value).strip().lower()]


def _number(kind: type[int | float], value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return kind(value)


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError
    return str(value)


def _texts(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [_text(part).strip() for part in parts]


_READERS: dict[Any, tuple[Callable[[Any], Any], str]] = {
    bool: (_boolean, "true or false"),
    int: (partial(_number, int), "a whole number"),
    float: (partial(_number, float), "a number"),
    str: (_text, "a text"),
    list[str]: (_texts, "a list of names"),
}
