"""Section 6.5: credentials and connections."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from botocore.exceptions import ClientError

from redshift_standin import temporary_passwords
from redshift_standin.settings import ACCOUNT
from redshift_standin.wire.certificate import CERTIFICATE
from standin_support.facts import Here, fact
from standin_support.held import API, SHARED, USER, document, refused


@fact(
    "6.5/21",
    "GetClusterCredentials returns a password for a user, and the user name with the prefix IAM:.",
    Here.SUPPORTED,
    API + "GetClusterCredentials",
)
def test_credentials(service, redshift):
    got = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER, DbName="dev")
    assert got["DbUser"] == f"IAM:{USER}"
    with service.connect(SHARED, got["DbUser"], got["DbPassword"]) as connection:
        assert connection.execute("select current_user").fetchone() == (USER,)


@fact(
    "6.5/21a",
    "With AutoCreate, a missing user is created, and the prefix is IAMA:.",
    Here.SUPPORTED,
    API + "GetClusterCredentials",
)
def test_credentials_of_a_new_user(service, redshift):
    got = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser="fresh", AutoCreate=True)
    assert got["DbUser"] == "IAMA:fresh"
    with service.connect(SHARED, got["DbUser"], got["DbPassword"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("fresh",)


@fact(
    "6.5/21b",
    "Without AutoCreate, the call succeeds for a missing user, and the login fails.",
    Here.SUPPORTED,
    API + "GetClusterCredentials",
)
def test_credentials_of_a_missing_user(service, redshift):
    got = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser="nobody-yet")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        service.connect(SHARED, got["DbUser"], got["DbPassword"])


@fact(
    "6.5/21c",
    "The password is valid for 900 to 3,600 seconds.",
    Here.SUPPORTED,
    API + "GetClusterCredentials",
)
def test_duration_of_credentials(redshift):
    got = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER, DurationSeconds=3600)
    usual = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER)
    assert 2600 < (got["Expiration"] - usual["Expiration"]).total_seconds() <= 2700
    for seconds in (899, 3601):
        with pytest.raises(ClientError, match="between 900 and 3600"):
            redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER, DurationSeconds=seconds)


@fact("6.5/21d", "DbGroups adds the user to groups.", Here.REFUSED, API + "GetClusterCredentials")
def test_groups_of_credentials(redshift):
    with refused("UnsupportedOperation", match="DbGroups is not supported by the stand-in"):
        redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER, DbGroups=["loaders"])


@fact(
    "6.5/22",
    "GetClusterCredentialsWithIAM creates the database user IAM:<user> for the caller, with the "
    "privileges of PUBLIC only.",
    Here.SUPPORTED,
    API + "GetClusterCredentialsWithIAM",
)
def test_credentials_by_identity(service):
    iam = service.client("iam")
    iam.create_user(UserName="analyst")
    key = iam.create_access_key(UserName="analyst")["AccessKey"]
    redshift = service.client("redshift", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    service.create("hiding")
    with service.connect("hiding") as owner:
        owner.execute("create table hidden as select 1 as n")
    got = redshift.get_cluster_credentials_with_iam(ClusterIdentifier="hiding", DbName="dev")
    assert got["DbUser"] == "IAM:analyst"
    with service.connect("hiding", got["DbUser"], got["DbPassword"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("iam:analyst",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select n from hidden")


@fact(
    "6.5/22a",
    "A role's user is IAMR:<role>.",
    Here.SUPPORTED,
    "no source",
)
def test_credentials_by_role(service):
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    service.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust))
    assumed = service.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/reader", RoleSessionName="session"
    )["Credentials"]
    redshift = service.client(
        "redshift",
        key=assumed["AccessKeyId"],
        secret=assumed["SecretAccessKey"],
        token=assumed["SessionToken"],
    )
    got = redshift.get_cluster_credentials_with_iam(ClusterIdentifier=SHARED, DbName="dev")
    assert got["DbUser"] == "IAMR:reader"
    service.connect(SHARED, got["DbUser"], got["DbPassword"]).close()


@fact("6.5/22b", "A custom domain name can identify a cluster.", Here.REFUSED, API + "GetClusterCredentialsWithIAM")
def test_custom_domain(redshift):
    with refused("UnsupportedOperation", match="CustomDomainName is not supported by the stand-in"):
        redshift.get_cluster_credentials_with_iam(CustomDomainName="warehouse.example.com")


@fact("6.5/23", "An expired password prevents logins but does not end sessions.", Here.SUPPORTED, "no source")
def test_session_continues_after_its_password_expires(service, redshift, monkeypatch):
    got = redshift.get_cluster_credentials(ClusterIdentifier=SHARED, DbUser=USER)
    login, last = (got["DbUser"], got["DbPassword"]), got["Expiration"] - timedelta(seconds=1)
    with service.connect(SHARED, *login) as connection:
        monkeypatch.setattr(temporary_passwords, "_now", lambda: last)
        service.connect(SHARED, *login).close()
        monkeypatch.setattr(temporary_passwords, "_now", lambda: got["Expiration"] + timedelta(seconds=1))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            service.connect(SHARED, *login)
        assert connection.execute("select 1").fetchone() == (1,)


@fact("6.5/24", "Clients connect with TLS and can verify the endpoint.", Here.SUPPORTED, "connecting-ssl-support")
def test_tls(service, certificates):
    verified = {"sslmode": "verify-full", "sslrootcert": str(certificates / CERTIFICATE)}
    with service.connect(SHARED, **verified) as connection:
        assert connection.info.host == "localhost"
    with pytest.raises(psycopg.OperationalError, match="SSL off"):
        service.connect(SHARED, sslmode="disable")


@fact(
    "6.5/26",
    "Public access, routes and security groups determine who can connect to a cluster. In the stand-in, all "
    "programs on the same machine can.",
    Here.DIFFERS,
    "rs-security-group-public-private",
)
def test_network(service):
    assert not service.describe(SHARED)["PubliclyAccessible"]
    service.connect(SHARED).close()
