"""Section 6.6: the roles of COPY, and the permissions for creating a cluster."""

from __future__ import annotations

from functools import partial

import psycopg
import pytest

from redshift_standin.settings import ACCOUNT
from standin_support.facts import Here, fact
from standin_support.held import ROLE, SHARED, TRUST, USER, document, make_role, request


@fact(
    "6.6/28",
    "A role for COPY must trust redshift.amazonaws.com.",
    Here.SUPPORTED,
    "authorizing-redshift-service-database-users",
)
def test_trust(service):
    stranger = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    make_role(service, "stranger", "s3:*", trust=stranger)
    with pytest.raises(psycopg.Error, match="not authorized to assume IAM Role"):
        copy_with(service, "stranger")


@fact(
    "6.6/28a",
    "The condition sts:ExternalId can restrict the role to some database users of some clusters.",
    Here.SUPPORTED,
    "authorizing-redshift-service-database-users",
)
def test_external_id(service):
    for number, user in enumerate((USER, "somebody_else")):
        account = f"arn:aws:redshift:us-west-2:{ACCOUNT}:dbuser:loader-{number}/{user}"
        make_role(
            service,
            f"limited-{number}",
            "s3:*",
            trust={**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": account}}},
        )
    copy_with(service, "limited-0", cluster="loader-0")
    with pytest.raises(psycopg.Error, match="not authorized to assume IAM Role"):
        copy_with(service, "limited-1", cluster="loader-1")


@fact(
    "6.6/29",
    "COPY requires only s3:ListBucket and s3:GetObject.",
    Here.SUPPORTED,
    "copy-usage_notes-access-permissions",
)
def test_permissions(service):
    make_role(service, "least", "s3:ListBucket", "s3:GetObject")
    assert copy_with(service, "least") == 2
    make_role(service, "blind", "s3:ListBucket")
    with pytest.raises(psycopg.Error, match="Access Denied"):
        copy_with(service, "blind", cluster="loader-2")


@fact(
    "6.6/30",
    "Creating a cluster requires Redshift permissions and iam:PassRole. The stand-in does not check the "
    "caller's permissions.",
    Here.DIFFERS,
    "copy-unload-iam-role-associating-with-clusters",
)
def test_rights_of_the_caller(service):
    iam = service.client("iam")
    iam.create_user(UserName="powerless")
    key = iam.create_access_key(UserName="powerless")["AccessKey"]
    caller = service.client("redshift", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    caller.create_cluster(**request("unchecked", IamRoles=[ROLE]))
    service.available("unchecked")


@fact(
    "6.6/31",
    "The ASSUMEROLE privilege can be revoked from PUBLIC and granted to users.",
    Here.REFUSED,
    "copy-usage_notes-access-permissions",
)
def test_assumerole(service):
    with service.connect(SHARED) as connection, pytest.raises(psycopg.errors.FeatureNotSupported):
        connection.execute(f"grant assumerole on '{ROLE}' to {USER} for copy")


@fact(
    "6.6/32",
    "The permissions boundary of a role is a policy that exists. It limits the role, whatever its policies allow.",
    Here.SUPPORTED,
    "API reference: CreateRole",
)
def test_boundary(service):
    iam = service.client("iam")
    make_role(service, "limited", "s3:*")
    for change in (
        partial(iam.put_role_permissions_boundary, RoleName="limited"),
        partial(iam.create_role, RoleName="unlimited", AssumeRolePolicyDocument=document(TRUST)),
    ):
        with pytest.raises(iam.exceptions.NoSuchEntityException, match="does not exist or is not attachable"):
            change(PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/missing")
    only_lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document(only_lists))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="limited", PermissionsBoundary=boundary)
    with pytest.raises(psycopg.Error, match="Access Denied"):
        copy_with(service, "limited", cluster="loader-3")


@fact(
    "6.6/33",
    "Reading an object that is encrypted with a KMS key of the account also requires kms:Decrypt on the key.",
    Here.SUPPORTED,
    "copy-usage_notes-access-permissions",
)
def test_decryption(service):
    key = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    make_role(service, "decrypts", "s3:*", "kms:Decrypt")
    make_role(service, "encrypted", "s3:*")
    assert copy_with(service, "decrypts", cluster="loader-4") == 2
    s3 = service.client("s3")
    s3.put_object(Bucket="landing", Key="rows.csv", Body=b"1\n2\n", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert copy_with(service, "decrypts", cluster="loader-5") == 2
    with pytest.raises(psycopg.Error, match="Access Denied"):
        copy_with(service, "encrypted", cluster="loader-6")
    s3.put_object(Bucket="landing", Key="rows.csv", Body=b"1\n2\n")


def copy_with(service, role: str, cluster: str = "loader") -> int:
    """Load two rows with a role on a separate cluster, and return the number of rows in the table."""
    s3 = service.client("s3")
    if "landing" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="landing", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        s3.put_object(Bucket="landing", Key="rows.csv", Body=b"1\n2\n")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    service.create(cluster, IamRoles=[arn])
    with service.connect(cluster) as connection:
        connection.execute("create table t (n integer)")
        connection.execute(f"copy t from 's3://landing/' iam_role '{arn}' csv")
        return connection.execute("select count(*) from t").fetchone()[0]
