"""The creation of a cluster: its resources, and recovery after any failed AWS call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import botocore.session
import pytest
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.common.compat.sdk import AirflowFailException
from botocore.exceptions import BotoCoreError, ClientError

from redshift_elt.cluster.creation import create_cluster
from redshift_elt.cluster.spec import Access, ClusterSpec, ManagedCluster
from redshift_standin.aws.faults import FAULTS
from standin_support.waiting import WAITER_CONFIG
from tests.support.aws_calls import Call, recorded

IN_ANY_CALL = pytest.mark.long("failures in each request that creates a cluster")

NAME = "warehouse"
TAGS = {"project": "this one"}
LABELS = {"owner": "Ann", "purpose": "tests"}
ALL_TAGS = {**TAGS, **LABELS}
PORT = 5439


def client(service):
    return AwsBaseHook(client_type=service).conn


def create(node_type="ra3.large", nodes=1, cidrs=("203.0.113.0/24",), subnet_group=None, prefixes=("logs/",)):
    return create_cluster(
        ManagedCluster(NAME, TAGS, LABELS, subnet_group),
        ClusterSpec(node_type, nodes),
        Access("bucket", prefixes, cidrs),
    )


def available():
    waiter = client("redshift").get_waiter("cluster_available")
    waiter.wait(ClusterIdentifier=NAME, WaiterConfig=WAITER_CONFIG)


def tags_of(found):
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def groups():
    found = client("ec2").describe_security_groups()["SecurityGroups"]
    return [group for group in found if group["GroupName"] != "default"]


def sources(group):
    return {
        (
            rule["IpProtocol"],
            rule["FromPort"],
            rule["ToPort"],
            *(source.get("CidrIp") or source.get("CidrIpv6") for source in (*rule["IpRanges"], *rule["Ipv6Ranges"])),
            *(pair["GroupId"] for pair in rule["UserIdGroupPairs"]),
        )
        for rule in group["IpPermissions"]
    }


def parameter_groups():
    found = client("redshift").describe_cluster_parameter_groups()["ParameterGroups"]
    return [group for group in found if not group["ParameterGroupName"].startswith("default.")]


def everything_exists():
    """Assert that exactly the resources of one creation exist, each as requested."""
    redshift, iam = client("redshift"), client("iam")
    [role] = iam.list_roles()["Roles"]
    assert role["RoleName"] == f"{NAME}-copy"
    assert iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"] == ["read-the-data"]
    [group] = groups()
    assert (group["GroupName"], tags_of(group)) == (f"{NAME}-access", ALL_TAGS)
    assert sources(group) == {("tcp", PORT, PORT, "203.0.113.0/24")}
    [parameters] = parameter_groups()
    assert (parameters["ParameterGroupName"], tags_of(parameters)) == (f"{NAME}-tls", ALL_TAGS)
    values = redshift.describe_cluster_parameters(ParameterGroupName=f"{NAME}-tls")["Parameters"]
    [tls] = [each for each in values if each["ParameterName"] == "require_ssl"]
    assert (tls["ParameterValue"], tls["Source"]) == ("true", "user")
    [cluster] = redshift.describe_clusters()["Clusters"]
    assert cluster["Encrypted"]
    assert not cluster["PubliclyAccessible"]
    assert cluster["MasterPasswordSecretArn"].startswith("arn:aws:secretsmanager:")
    assert cluster["DefaultIamRoleArn"] == role["Arn"]
    assert [each["VpcSecurityGroupId"] for each in cluster["VpcSecurityGroups"]] == [group["GroupId"]]
    assert [each["ParameterGroupName"] for each in cluster["ClusterParameterGroups"]] == [f"{NAME}-tls"]
    assert tags_of(cluster) == ALL_TAGS


def nothing_was_created():
    assert client("iam").list_roles()["Roles"] == []
    assert groups() == []
    assert parameter_groups() == []


@pytest.mark.usefixtures("control_plane")
class TestCreatedResources:
    def test_everything_is_created_as_requested(self, caplog):
        caplog.set_level("INFO")
        create()
        everything_exists()
        for what in (
            "Role warehouse-copy: created",
            "warehouse-access",
            "warehouse-tls: created",
            "x ra3.large): created",
        ):
            assert what in caplog.text
        # The default region of the stack is us-west-2, where one ra3.large costs 0.543 USD.
        assert "1 x ra3.large in us-west-2 costs about 0.54 USD per hour" in caplog.text

    def test_second_run_finds_everything(self, caplog):
        create()
        available()
        caplog.set_level("INFO")
        caplog.clear()
        create()
        everything_exists()
        assert caplog.text.count("already there") == 4
        assert ": created" not in caplog.text

    def test_log_says_what_copy_can_read(self, caplog):
        caplog.set_level("INFO")
        create()
        assert "Role warehouse-copy lets COPY read these places only: s3://bucket/logs/" in caplog.text
        create(prefixes=("songs/", "paths.json"))
        assert "places only: s3://bucket/songs/, s3://bucket/paths.json, s3://bucket/logs/" in caplog.text

    def test_several_nodes(self):
        create(node_type="ra3.4xlarge", nodes=3)
        [cluster] = client("redshift").describe_clusters()["Clusters"]
        assert (cluster["NodeType"], cluster["NumberOfNodes"]) == ("ra3.4xlarge", 3)
        create(node_type="ra3.4xlarge", nodes=3)

    def test_without_networks_the_group_allows_only_itself(self):
        create(cidrs=[])
        [group] = groups()
        assert sources(group) == {("tcp", PORT, PORT, group["GroupId"])}
        create(cidrs=[])
        assert sources(groups()[0]) == {("tcp", PORT, PORT, group["GroupId"])}

    def test_group_is_updated_to_the_requested_networks(self):
        create(cidrs=["203.0.113.0/24", "10.0.0.0/8"])
        [group] = groups()
        everybody = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 9999, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        client("ec2").authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[everybody])
        create(cidrs=["2001:db8::/48"])
        assert sources(groups()[0]) == {("tcp", PORT, PORT, "2001:db8::/48")}

    def test_two_concurrent_runs_create_one_of_each(self):
        both = threading.Barrier(2)

        def run(_):
            both.wait()
            return create()

        with ThreadPoolExecutor(2) as threads:
            first, second = threads.map(run, range(2))
        assert first == second
        everything_exists()


@pytest.mark.usefixtures("control_plane")
class TestRefusals:
    def test_invalid_params_fail_before_any_change(self):
        for changed, why in (
            ({"node_type": "dc2.large"}, "'dc2.large' is retired: AWS refuses new clusters"),
            ({"node_type": "ra3.tiny"}, "'ra3.tiny' is unknown"),
            ({"node_type": "ra3.4xlarge", "nodes": 1}, "ra3.4xlarge has 2 to 32 nodes, but 1 were requested"),
            ({"nodes": 17}, "ra3.large has 1 to 16 nodes, but 17 were requested"),
            ({"cidrs": ["0.0.0.0/0"]}, "is too large"),
        ):
            with pytest.raises(AirflowFailException, match=why):
                create(**changed)
        nothing_was_created()
        assert client("redshift").describe_clusters()["Clusters"] == []

    def test_foreign_cluster_is_refused(self):
        client("redshift").create_cluster(
            ClusterIdentifier=NAME,
            NodeType="ra3.large",
            ClusterType="single-node",
            MasterUsername="awsuser",
            ManageMasterPassword=True,
        )
        with pytest.raises(AirflowFailException, match=r"cluster 'warehouse' has the tags {} .* not touched"):
            create()
        nothing_was_created()

    def test_cluster_with_other_properties_is_refused_with_each_difference(self):
        client("redshift").create_cluster(
            ClusterIdentifier=NAME,
            NodeType="ra3.xlplus",
            NumberOfNodes=2,
            DBName="other",
            MasterUsername="admin",
            MasterUserPassword="Secret123",
            PubliclyAccessible=True,
            Tags=[{"Key": "project", "Value": "this one"}],
        )
        with pytest.raises(AirflowFailException) as refused:
            create()
        for difference in (
            "node type is 'ra3.xlplus' instead of 'ra3.large'",
            "number of nodes is 2 instead of 1",
            "database is 'other' instead of 'dev'",
            "administrator is 'admin' instead of 'awsuser'",
            "publicly accessible is True instead of False",
            "password managed by Secrets Manager is False instead of True",
        ):
            assert difference in str(refused.value)
        nothing_was_created()

    def test_cluster_without_its_role(self):
        role = create()
        available()
        client("redshift").modify_cluster_iam_roles(ClusterIdentifier=NAME, RemoveIamRoles=[role])
        with pytest.raises(AirflowFailException, match=f"default role of COPY is None instead of '{role}'"):
            create()

    @pytest.mark.parametrize("what", ["security group", "parameter group"])
    def test_foreign_groups_are_refused(self, what):
        if what == "security group":
            client("ec2").create_security_group(GroupName=f"{NAME}-access", Description="theirs")
        else:
            client("redshift").create_cluster_parameter_group(
                ParameterGroupName=f"{NAME}-tls", ParameterGroupFamily="redshift-2.0", Description="theirs"
            )
        with pytest.raises(AirflowFailException, match=f"{what} '.*' has the tags .* not touched"):
            create()
        assert client("redshift").describe_clusters()["Clusters"] == []

    def test_missing_subnet_group(self):
        with pytest.raises(AirflowFailException, match="no cluster subnet group 'none'"):
            create(subnet_group="none")


def errors_of(call: Call) -> list[str]:
    """Return the errors to try for a call: the common ones, and those about states that AWS documents for it."""
    model = botocore.session.get_session().get_service_model(call.service).operation_model(call.operation)
    listed = [shape.error_code for shape in model.error_shapes]
    of_state = [code for code in listed if code.startswith("InvalidCluster") and "State" in code]
    # After a lost response, there may be nothing left to do.
    return ["ThrottlingException", "AccessDenied", *of_state, "AnswerLost"]


@IN_ANY_CALL
@pytest.mark.usefixtures("control_plane")
def test_run_that_fails_in_any_call_is_completed_by_the_next_run():
    with recorded() as calls:
        create()
    remove_everything()
    assert {"CreateRole", "CreateSecurityGroup", "CreateClusterParameterGroup", "CreateCluster"} <= {
        call.operation for call in calls
    }
    for call in dict.fromkeys(calls):
        fail_in(call)
        create()
        everything_exists()
        remove_everything()


@IN_ANY_CALL
@pytest.mark.usefixtures("control_plane")
def test_second_run_that_fails_in_any_call_is_completed_by_the_next_run():
    create()
    with recorded() as calls:
        create()
    for call in dict.fromkeys(calls):
        fail_in(call)
    create()
    everything_exists()


def fail_in(call: Call) -> None:
    """Run once for each error of a call; each run continues after the previous one, and fails in the same call."""
    for code in errors_of(call):
        FAULTS.set(call.service, code, 1, call.operation)
        with pytest.raises((ClientError, BotoCoreError)):
            create()
        assert FAULTS.next(call.service, call.operation) is None, (call, code)


def remove_everything():
    """Remove the resources of a creation manually."""
    redshift, iam, ec2 = client("redshift"), client("iam"), client("ec2")
    available()
    redshift.delete_cluster(ClusterIdentifier=NAME, SkipFinalClusterSnapshot=True)
    redshift.get_waiter("cluster_deleted").wait(ClusterIdentifier=NAME, WaiterConfig=WAITER_CONFIG)
    redshift.delete_cluster_parameter_group(ParameterGroupName=f"{NAME}-tls")
    for group in groups():
        ec2.delete_security_group(GroupId=group["GroupId"])
    iam.delete_role_policy(RoleName=f"{NAME}-copy", PolicyName="read-the-data")
    iam.delete_role(RoleName=f"{NAME}-copy")
    nothing_was_created()
