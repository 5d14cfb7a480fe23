"""Section 6.2: the parameters and errors of CreateCluster."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from botocore.exceptions import ConnectionClosedError

from standin_support.facts import Here, fact
from standin_support.held import API, ROLE, SHARED, refused, request


def refusals(
    number: str,
    says: str,
    code: str,
    reason: str,
    *changes: dict[str, Any],
    here: Here = Here.SUPPORTED,
    source: str = API + "CreateCluster",
) -> list[ParameterSet]:
    """Return the pytest parameters for one fact: requests that fail with the same code."""
    return [pytest.param(change, code, reason, marks=fact(number, says, here, source)) for change in changes]


REFUSED = [
    *refusals(
        "6.2/ClusterIdentifier",
        "An identifier has 1 to 63 lowercase letters, digits and single hyphens, begins with a letter and "
        "does not end with a hyphen.",
        "InvalidParameterValue",
        "not a valid identifier",
        *({"ClusterIdentifier": name} for name in ("9bad", "Bad", "a--b", "a-", "a_b", "a" * 64)),
    ),
    *refusals(
        "6.2/MasterUsername",
        "The master user's name is in lowercase and not a reserved word.",
        "InvalidParameterValue",
        "valid (master )?user name",
        *({"MasterUsername": name} for name in ("AwsUser", "public", "a" * 129)),
    ),
    *refusals(
        "6.2/ClusterType",
        "A cluster is multi-node unless ClusterType is single-node, and then requires NumberOfNodes.",
        "InvalidParameterCombination",
        "greater than or equal to 2",
        {"ClusterType": None},
        {"ClusterType": "multi-node", "NumberOfNodes": 1},
    ),
    *refusals(
        "6.2/NumberOfNodes",
        "A cluster has at most 100 nodes.",
        "InvalidParameterValue",
        "at most 100",
        {"NodeType": "ra3.16xlarge", "ClusterType": "multi-node", "NumberOfNodes": 101},
    ),
    *refusals(
        "6.2/DBName",
        "The database name is in lowercase.",
        "InvalidParameterValue",
        "database name",
        {"DBName": "Dev"},
    ),
    *refusals(
        "6.2/MasterUserPassword",
        "A password has 8 to 64 printable characters except ' \" \\ / @, including an uppercase letter, a "
        "lowercase letter and a digit.",
        "InvalidParameterValue",
        "not a valid password",
        *(
            {"MasterUserPassword": password}
            for password in ("Short-1", "alllower1", "ALLUPPER1", "NoDigits", "Has@Sign1", "A1" + "a" * 63)
        ),
    ),
    *refusals(
        "6.2/MasterUserPassword and ManageMasterPassword",
        "A password and ManageMasterPassword cannot be combined.",
        "InvalidParameterCombination",
        "ManageMasterPassword is true",
        {"ManageMasterPassword": True},
    ),
    *refusals(
        "6.2/MasterUserPassword or ManageMasterPassword",
        "A password or ManageMasterPassword is required.",
        "InvalidParameterCombination",
        "is required",
        {"MasterUserPassword": None},
    ),
    *refusals(
        "6.2/Encrypted",
        "Encrypted=false is refused.",
        "InvalidParameterValue",
        "without encryption",
        {"Encrypted": False},
    ),
    *refusals(
        "6.2/Port",
        "RA3 and RG clusters use a port of 5431-5455 or 8191-8215.",
        "InvalidParameterValue",
        "Port .* is outside",
        *({"Port": port} for port in (5430, 5456, 8190, 8216)),
    ),
    *refusals(
        "6.2/ClusterSubnetGroupName",
        "The subnet group must exist.",
        "ClusterSubnetGroupNotFoundFault",
        "not found",
        {"ClusterSubnetGroupName": "none"},
    ),
    *refusals(
        "6.2/IamRoles",
        "IamRoles has at most 50 ARNs of roles in the same account.",
        "InvalidParameterValue",
        "Invalid IAM role ARN|At most 50",
        {"IamRoles": ["copy"]},
        {"IamRoles": ["arn:aws:iam::210987654321:role/copy"]},
        {"IamRoles": [f"{ROLE}-{number}" for number in range(51)]},
        source="copy-unload-iam-role-associating-with-clusters",
    ),
    *refusals(
        "6.2/DefaultIamRoleArn",
        "The default role must be in IamRoles.",
        "InvalidParameterCombination",
        "is not associated",
        {"DefaultIamRoleArn": ROLE},
        source="no source",
    ),
    *refusals(
        "6.2/AutomatedSnapshotRetentionPeriod",
        "Automated snapshots of RA3 and RG clusters are kept for 1 to 35 days.",
        "InvalidParameterValue",
        "between 1 and 35",
        *({"AutomatedSnapshotRetentionPeriod": days} for days in (0, 36)),
    ),
    *refusals(
        "6.2/ManualSnapshotRetentionPeriod",
        "Manual snapshots are kept indefinitely (-1) or for 1 to 3,653 days.",
        "InvalidRetentionPeriodFault",
        "3,653",
        *({"ManualSnapshotRetentionPeriod": days} for days in (-2, 0, 3654)),
    ),
    *refusals(
        "6.2/others",
        "Clusters can have Multi-AZ, sample data, a catalog, HSMs, IPv6, other maintenance tracks, snapshot "
        "schedules, and a KMS key for their secret.",
        "UnsupportedOperation",
        "not supported by the stand-in",
        {"MultiAZ": True},
        {"LoadSampleData": "yes"},
        {"CatalogName": "shop"},
        {"HsmConfigurationIdentifier": "hsm"},
        {"IpAddressType": "dualstack"},
        {"MaintenanceTrackName": "trailing"},
        {"SnapshotScheduleIdentifier": "daily"},
        {"MasterUserPassword": None, "ManageMasterPassword": True, "MasterPasswordSecretKmsKeyId": "key"},
        here=Here.REFUSED,
    ),
]


@pytest.mark.parametrize(("change", "code", "reason"), REFUSED)
def test_parameters_that_are_refused(redshift, change, code, reason):
    with refused(code, match=reason):
        redshift.create_cluster(**request("refused", **change))
    assert [cluster["ClusterIdentifier"] for cluster in redshift.describe_clusters()["Clusters"]] == [SHARED]


DEFAULTS = {
    "DBName": ("dev", "DBName is dev.", API + "CreateCluster"),
    "Encrypted": (True, "Encrypted is true.", API + "CreateCluster"),
    "PubliclyAccessible": (False, "PubliclyAccessible is false.", "behavior-changes"),
    "ClusterParameterGroups": (
        [{"ParameterGroupName": "default.redshift-2.0", "ParameterApplyStatus": "in-sync"}],
        "The parameter group is default.redshift-2.0.",
        "behavior-changes",
    ),
    "EnhancedVpcRouting": (False, "EnhancedVpcRouting is false.", API + "CreateCluster"),
    "AutomatedSnapshotRetentionPeriod": (1, "Automated snapshots are kept for one day.", API + "CreateCluster"),
    "ManualSnapshotRetentionPeriod": (-1, "Manual snapshots are kept indefinitely.", API + "CreateCluster"),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, marks=fact(f"6.2/{name} default", says, Here.SUPPORTED, source))
        for name, (value, says, source) in DEFAULTS.items()
    ],
)
def test_defaults(service, name, value):
    assert service.describe(SHARED)[name] == value


@fact("6.2/require_ssl", "default.redshift-2.0 has require_ssl=true.", Here.SUPPORTED, "behavior-changes")
@pytest.mark.parametrize(("group", "value"), [("default.redshift-2.0", "true"), ("default.redshift-1.0", "false")])
def test_require_ssl(redshift, group, value):
    parameters = redshift.describe_cluster_parameters(ParameterGroupName=group)["Parameters"]
    assert [each["ParameterValue"] for each in parameters if each["ParameterName"] == "require_ssl"] == [value]


@fact(
    "6.2/parameter group",
    "A custom parameter group has the values of its family unless they are changed. Its name must be new, "
    "and it cannot be deleted while a cluster uses it.",
    Here.SUPPORTED,
    API + "CreateClusterParameterGroup",
)
def test_custom_parameter_group(service, redshift):
    made = {"ParameterGroupFamily": "redshift-1.0", "Description": "own", "Tags": [{"Key": "project", "Value": "x"}]}
    redshift.create_cluster_parameter_group(ParameterGroupName="own", **made)
    with refused("ClusterParameterGroupAlreadyExists", match="own"):
        redshift.create_cluster_parameter_group(ParameterGroupName="own", **made)
    [group] = redshift.describe_cluster_parameter_groups(ParameterGroupName="own")["ParameterGroups"]
    assert (group["ParameterGroupFamily"], group["Tags"]) == ("redshift-1.0", made["Tags"])
    assert require_ssl(redshift, "own") == ("false", "engine-default")
    redshift.modify_cluster_parameter_group(
        ParameterGroupName="own", Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}]
    )
    assert require_ssl(redshift, "own") == ("true", "user")
    service.create("grouped", ClusterParameterGroupName="own")
    with refused("InvalidClusterParameterGroupState", match="used by a cluster"):
        redshift.delete_cluster_parameter_group(ParameterGroupName="own")
    redshift.delete_cluster(ClusterIdentifier="grouped", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("grouped")
    redshift.delete_cluster_parameter_group(ParameterGroupName="own")
    with refused("ClusterParameterGroupNotFound", 404, match="own"):
        redshift.describe_cluster_parameter_groups(ParameterGroupName="own")


def require_ssl(redshift, group):
    parameters = redshift.describe_cluster_parameters(ParameterGroupName=group)["Parameters"]
    [found] = [each for each in parameters if each["ParameterName"] == "require_ssl"]
    return found["ParameterValue"], found["Source"]


@fact(
    "6.2/default parameter groups",
    "The default parameter groups cannot be changed or deleted.",
    Here.SUPPORTED,
    "working-with-parameter-groups",
)
def test_default_parameter_groups_cannot_be_changed(redshift):
    with refused("InvalidClusterParameterGroupState", match="default"):
        redshift.delete_cluster_parameter_group(ParameterGroupName="default.redshift-2.0")
    with refused("InvalidClusterParameterGroupState", match="default"):
        redshift.modify_cluster_parameter_group(
            ParameterGroupName="default.redshift-2.0",
            Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}],
        )


@fact(
    "6.2/other parameters",
    "A parameter group can set parameters other than require_ssl, and allow clients without TLS.",
    Here.REFUSED,
    API + "ModifyClusterParameterGroup",
)
@pytest.mark.parametrize(("name", "value"), [("require_ssl", "false"), ("datestyle", "ISO, DMY")])
def test_other_parameters(redshift, name, value):
    redshift.create_cluster_parameter_group(
        ParameterGroupName=f"with-{name.replace('_', '-')}", ParameterGroupFamily="redshift-2.0", Description="own"
    )
    with refused("UnsupportedOperation", match="not supported by the stand-in"):
        redshift.modify_cluster_parameter_group(
            ParameterGroupName=f"with-{name.replace('_', '-')}",
            Parameters=[{"ParameterName": name, "ParameterValue": value}],
        )


@fact(
    "6.2/Port default",
    "A cluster listens on port 5439 or on the requested port. In the stand-in it listens on a free port, "
    "which Endpoint shows.",
    Here.DIFFERS,
    API + "CreateCluster",
)
def test_port(service):
    port = service.create("elsewhere", Port=5450)["Endpoint"]["Port"]
    assert port not in (5439, 5450, service.describe(SHARED)["Endpoint"]["Port"])
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


@fact(
    "6.2/ManageMasterPassword",
    "With ManageMasterPassword, a secret holds the password and DescribeClusters shows its ARN. "
    "It is deleted with the cluster.",
    Here.SUPPORTED,
    "redshift-secrets-manager-integration",
)
def test_managed_password(service, redshift):
    arn = service.create("managed", MasterUserPassword=None, ManageMasterPassword=True)["MasterPasswordSecretArn"]
    secrets = service.client("secretsmanager")
    secret = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    service.connect("managed", secret["username"], secret["password"]).close()
    redshift.delete_cluster(ClusterIdentifier="managed", SkipFinalClusterSnapshot=True)
    service.wait_until_deleted("managed")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=arn)


@fact(
    "6.2/rotation",
    "The password in the secret is rotated every 30 days. The stand-in does not rotate it.",
    Here.DIFFERS,
    "redshift-secrets-manager-integration",
)
def test_managed_password_is_not_rotated(service):
    arn = service.create("managed", MasterUserPassword=None, ManageMasterPassword=True)["MasterPasswordSecretArn"]
    assert not service.client("secretsmanager").describe_secret(SecretId=arn).get("RotationEnabled")


@fact("6.2/KmsKeyId", "A cluster can have a KMS key.", Here.SUPPORTED, API + "CreateCluster")
def test_kms_key(service):
    assert service.create("keyed", KmsKeyId="alias/shop")["KmsKeyId"] == "alias/shop"


@fact("6.2/Tags", "Clusters have tags and can be found by them.", Here.SUPPORTED, API + "DescribeClusters")
def test_tags(service, redshift):
    service.create("tagged", Tags=[{"Key": "project", "Value": "shop"}])
    for asked in ({"TagKeys": ["project"]}, {"TagValues": ["shop"]}):
        found = redshift.describe_clusters(**asked)["Clusters"]
        assert [cluster["ClusterIdentifier"] for cluster in found] == ["tagged"]
    assert redshift.describe_clusters(TagKeys=["project"], TagValues=["other"])["Clusters"] == []


@fact(
    "6.2/7",
    "An existing cluster fails with ClusterAlreadyExists (400), a missing parameter group with "
    "ClusterParameterGroupNotFound (404), and a missing subnet group with ClusterSubnetGroupNotFoundFault "
    "(400).",
    Here.SUPPORTED,
    API + "CreateCluster",
)
@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"ClusterIdentifier": SHARED}, "ClusterAlreadyExists", 400),
        ({"ClusterParameterGroupName": "none"}, "ClusterParameterGroupNotFound", 404),
        ({"ClusterSubnetGroupName": "none"}, "ClusterSubnetGroupNotFoundFault", 400),
    ],
)
def test_errors_of_create_cluster(redshift, change, code, status):
    with refused(code, status):
        redshift.create_cluster(**request("refused", **change))


@fact(
    "6.2/7a",
    "CreateCluster also fails for lack of capacity, quota or permissions, or if a dependent service fails. "
    "In the stand-in, a test can inject these errors.",
    Here.DIFFERS,
    API + "CreateCluster",
)
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InsufficientClusterCapacity", 400),
        ("ClusterQuotaExceeded", 400),
        ("UnauthorizedOperation", 400),
        ("DependentServiceRequestThrottlingFault", 400),
        ("DependentServiceAccessDenied", 403),
    ],
)
def test_injected_errors_of_create_cluster(service, redshift, code, status):
    service.fault(place="redshift", operation="CreateCluster", code=code, times=1)
    with refused(code, status):
        redshift.create_cluster(**request("refused"))
    with refused("ClusterNotFound", 404):
        service.describe("refused")


@fact(
    "6.2/8",
    "CreateCluster has no idempotency token: a retry after a lost response fails with ClusterAlreadyExists.",
    Here.SUPPORTED,
    API + "CreateCluster",
)
def test_create_cluster_with_a_lost_response(service, redshift):
    service.fault(place="redshift", operation="CreateCluster", code="AnswerLost", times=1)
    with pytest.raises(ConnectionClosedError):
        redshift.create_cluster(**request("lost"))
    with pytest.raises(redshift.exceptions.ClusterAlreadyExistsFault):
        redshift.create_cluster(**request("lost"))
    service.available("lost")
