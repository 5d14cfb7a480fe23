"""The settings of a connection: every documented extra, as JSON and as the texts of a URI."""

from __future__ import annotations

import inspect
import json
from urllib.parse import urlencode

import pytest
import redshift_connector
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import Connection

from redshift_elt.connection.connection_settings import ConnectionSettings
from redshift_elt.connection.endpoints import TemporaryLogin

# What the pages of redshift_connector ("Connection Parameters") and of the Amazon provider ("Amazon Redshift
# Connection") document, by the types that they state.
BOOLEANS = (
    "allow_db_user_override", "auto_create", "database_metadata_current_db_only", "enable_table_types",
    "force_lowercase", "group_federation", "iam", "iam_disable_cache", "is_serverless", "numeric_to_float", "ssl",
    "ssl_insecure", "tcp_keepalive",
)  # fmt: skip
NUMBERS = (
    "client_protocol_version", "idp_response_timeout", "listen_port", "max_prepared_statements", "port",
    "serverless_token_duration_seconds", "tcp_keepalive_count", "tcp_keepalive_idle", "tcp_keepalive_interval",
)  # fmt: skip
TEXTS = (
    "access_key_id", "app_id", "app_name", "application_name", "auth_profile", "client_id", "client_secret",
    "cluster_identifier", "credentials_provider", "database", "db_user", "endpoint_url", "host",
    "idc_client_display_name", "idc_region", "identity_namespace", "idp_host", "idp_partition", "idp_tenant",
    "issuer_url", "login_to_rp", "login_url", "partner_sp_id", "password", "preferred_role", "principal_arn", "profile",
    "provider_name", "region", "role_arn", "role_session_name", "scope", "secret_access_key", "secret_arn",
    "serverless_acct_id", "serverless_work_group", "session_token", "source_address", "sslmode", "token", "token_type",
    "unix_sock", "user", "web_identity_token",
)  # fmt: skip
KNOWN = set(inspect.signature(redshift_connector.connect).parameters)
# Extras that the oldest supported version of the driver does not have.
MISSING = {"enable_table_types"} - KNOWN
DOCUMENTED = [
    *[(name, "false", False) for name in BOOLEANS],
    *[(name, "true", True) for name in BOOLEANS],
    *[(name, "10", 10) for name in NUMBERS],
    *[(name, "some-10", "some-10") for name in TEXTS],
    ("timeout", "10", 10.0),
    ("db_groups", "readers, writers", ["readers", "writers"]),
]
EXTRAS = [extra for extra in DOCUMENTED if extra[0] not in MISSING]
# What the driver does with a connection that it gets from the hook.
FOR_THE_DRIVER = {
    "application_name", "client_protocol_version", "database_metadata_current_db_only", "enable_table_types",
    "max_prepared_statements", "numeric_to_float", "source_address", "ssl", "sslmode", "tcp_keepalive",
    "tcp_keepalive_count", "tcp_keepalive_idle", "tcp_keepalive_interval", "timeout", "unix_sock",
} - MISSING  # fmt: skip


def from_uri(authority: str = "", **extras: str) -> Connection:
    return Connection.from_uri(f"redshift://{authority}?{urlencode(extras)}", conn_id="tested")


def from_json(**extras: object) -> Connection:
    return Connection(conn_id="tested", conn_type="redshift", extra=json.dumps(extras))


def test_no_documented_extra_is_missing():
    documented = {name for name, _, _ in EXTRAS}
    assert documented == {*KNOWN, "serverless_token_duration_seconds", "secret_arn"}


@pytest.mark.parametrize(("name", "text", "value"), EXTRAS)
def test_each_extra_has_its_type_in_each_form(name, text, value):
    for connection in (from_uri(**{name: text}), from_json(**{name: text}), from_json(**{name: value})):
        found = ConnectionSettings.of(connection).extras[name]
        assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("on", [True, 1, "1", "true", "True", "TRUE", "t", "yes", "y", "on", " true "])
def test_tls_stays_on_in_every_form(on):
    assert ConnectionSettings.of(from_json(ssl=on)).driver_extras() == {"ssl": True, "sslmode": "verify-full"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ssl", "maybe", "'maybe': write true or false"),
        ("iam", 2, "2: write true or false"),
        ("timeout", "soon", "'soon': write a number"),
        ("port", "54.5", "'54.5': write a whole number"),
        ("port", True, "True: write a whole number"),
        ("db_groups", 7, "7: write a list of names"),
        ("secret_access_key", {"hush": 1}, "has another type: write a text"),
    ],
)
def test_value_of_another_type_is_refused(name, value, words):
    with pytest.raises(AirflowFailException, match=words) as failure:
        ConnectionSettings.of(from_json(**{name: value}))
    assert f"The extra {name!r} of the connection 'tested'" in str(failure.value)
    assert "hush" not in str(failure.value)


@pytest.mark.parametrize(
    ("extras", "words"),
    [
        ({"sslmod": "verify-ca"}, "has extras that neither .* knows: sslmod"),
        ({"sslmode": "disable"}, "is 'disable': write one of verify-ca and verify-full"),
        ({"sslmode": "require"}, "is 'require': write one of verify-ca and verify-full"),
        ({"iam": True, "ssl": "false"}, "remove ssl from its extra"),
    ],
)
def test_extras_that_the_driver_cannot_use_or_would_ignore_are_refused(extras, words):
    with pytest.raises(AirflowFailException, match=words):
        ConnectionSettings.of(from_json(**extras)).driver_extras()


def test_driver_gets_only_what_it_does_not_look_up_itself():
    several = {name: value for name, _, value in EXTRAS if name != "sslmode"}
    settings = ConnectionSettings.of(from_json(**several))
    assert settings.uses_identity_provider
    left_out = {"secret_arn", "serverless_token_duration_seconds"}
    assert set(settings.driver_extras()) - {"sslmode"} == set(several) - left_out
    for name in ("auth_profile", "credentials_provider"):
        del several[name]
    given = ConnectionSettings.of(from_json(**several)).driver_extras()
    # The driver reads the rest only with an identity provider.
    assert set(given) & FOR_THE_DRIVER == FOR_THE_DRIVER
    assert not set(given) & {"iam", "cluster_identifier", "region", "profile", "db_user", "database", "host", "port"}


def test_example_of_the_amazon_provider():
    settings = ConnectionSettings.of(
        from_json(
            iam=True, cluster_identifier="shop", port=5439, region="eu-west-1", db_user="loader", database="sales",
            profile="default",
        )
    )  # fmt: skip
    assert (settings.user, settings.database, settings.port) == ("loader", "sales", 5439)
    assert settings.aws_session == {"profile_name": "default"}
    assert settings.driver_extras() == {"sslmode": "verify-full"}


def test_extra_takes_precedence_over_the_field():
    connection = from_uri("login:secret@host:1/dev", user="u", password="p", host="h", port="2", database="d")
    settings = ConnectionSettings.of(connection)
    assert (settings.user, settings.password, settings.host, settings.port) == ("u", "p", "h", 2)
    assert settings.database == "d"


def test_database_user_is_for_temporary_passwords_only():
    assert ConnectionSettings.of(from_uri("login@host", db_user="loader", iam="true")).user == "loader"
    assert ConnectionSettings.of(from_uri("login@host", db_user="loader", iam="false")).user == "login"
    assert ConnectionSettings.of(from_uri("host", db_user="loader")).user == "loader"


def test_workgroup_counts_unless_the_connection_is_not_serverless():
    assert ConnectionSettings.of(from_uri(serverless_work_group="w")).workgroup == "w"
    assert ConnectionSettings.of(from_uri(serverless_work_group="w", is_serverless="true")).workgroup == "w"
    assert ConnectionSettings.of(from_uri(serverless_work_group="w", is_serverless="false")).workgroup is None


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ({"db_user": "loader"}, TemporaryLogin("loader", None)),
        ({"db_user": "loader", "auto_create": "true"}, TemporaryLogin("loader", None, auto_create=True)),
        ({"db_user": "a", "db_groups": "Readers,Writers"}, TemporaryLogin("a", None, ("Readers", "Writers"))),
        ({"db_user": "a", "db_groups": "Readers", "force_lowercase": "true"}, TemporaryLogin("a", None, ("readers",))),
        ({"db_user": "loader", "group_federation": "true", "database": "d"}, TemporaryLogin(None, "d")),
    ],
)
def test_temporary_login_that_is_requested(extras, expected):
    assert TemporaryLogin.of(ConnectionSettings.of(from_uri(iam="true", **extras))) == expected


def test_access_key_replaces_the_aws_connection():
    settings = ConnectionSettings.of(from_uri(access_key_id="AKIA", secret_access_key="s", session_token="t"))
    assert settings.aws_session == {"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "aws_session_token": "t"}
    assert "'s'" not in repr(settings)
