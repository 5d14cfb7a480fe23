"""Section 6.1: the nodes of a cluster."""

from __future__ import annotations

import pytest

from redshift_standin.settings import ACCOUNT
from standin_support.facts import Here, fact
from standin_support.held import API, make_role, refused, request


@fact("6.1/1", "A cluster has RA3 or RG nodes.", Here.SUPPORTED, API + "CreateCluster")
@pytest.mark.parametrize(
    "size",
    [
        {"NodeType": "ra3.xlplus"},
        {"NodeType": "rg.large"},
        {"NodeType": "rg.xlarge", "ClusterType": "multi-node", "NumberOfNodes": 2},
        {"NodeType": "ra3.16xlarge", "ClusterType": None, "NumberOfNodes": 2},
    ],
)
def test_node_types(service, size):
    made = service.create("sized", **size)
    assert (made["NodeType"], made["NumberOfNodes"]) == (size["NodeType"], size.get("NumberOfNodes", 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            {"NodeType": "dc2.large"},
            "Invalid node type: dc2.large",
            marks=fact(
                "6.1/2",
                "New clusters of DC2 nodes are refused.",
                Here.SUPPORTED,
                "hashicorp/terraform-provider-aws#43270",
            ),
        ),
        pytest.param(
            {"NodeType": "ds2.xlarge"},
            "Invalid node type: ds2.xlarge",
            marks=fact("6.1/2a", "Other node types are refused.", Here.SUPPORTED, API + "CreateCluster"),
        ),
    ],
)
def test_node_types_that_are_refused(redshift, change, reason):
    with refused("InvalidParameterValue", match=reason):
        redshift.create_cluster(**request("refused", **change))


@fact(
    "6.1/3",
    "A node type that the account may not use fails with NumberOfNodesQuotaExceeded. The stand-in has no "
    "such quota; a test can inject the error.",
    Here.DIFFERS,
    "nccgroup/sadcloud#23",
)
def test_quota_of_a_node_type(service, redshift):
    service.fault(place="redshift", operation="CreateCluster", code="NumberOfNodesQuotaExceeded", times=1)
    with pytest.raises(redshift.exceptions.NumberOfNodesQuotaExceededFault):
        redshift.create_cluster(**request("refused"))


@fact(
    "6.1/4",
    "ra3.4xlarge, ra3.16xlarge, rg.xlarge, rg.4xlarge and rg.12xlarge require at least two nodes.",
    Here.SUPPORTED,
    "working-with-clusters",
)
@pytest.mark.parametrize("node_type", ["ra3.4xlarge", "ra3.16xlarge", "rg.xlarge", "rg.4xlarge", "rg.12xlarge"])
def test_minimum_number_of_nodes(redshift, node_type):
    with refused("InvalidParameterCombination", match="Single-node clusters are not available"):
        redshift.create_cluster(**request("refused", NodeType=node_type))


@fact("6.1/4a", "Each node type has a maximum number of nodes.", Here.SUPPORTED, "working-with-clusters")
@pytest.mark.parametrize(("node_type", "nodes"), [("ra3.large", 17), ("ra3.4xlarge", 33), ("rg.xlarge", 17)])
def test_maximum_number_of_nodes(redshift, node_type, nodes):
    size = {"NodeType": node_type, "ClusterType": "multi-node", "NumberOfNodes": nodes}
    with refused("NumberOfNodesPerClusterLimitExceeded"):
        redshift.create_cluster(**request("refused", **size))


@fact(
    "6.1/4b",
    "A node of ra3.4xlarge has 4 slices, of rg.4xlarge 8, of ra3.16xlarge and rg.12xlarge 16, of others 2.",
    Here.SUPPORTED,
    "working-with-clusters",
)
def test_slices(service):
    service.client("s3").create_bucket(
        Bucket="slices", CreateBucketConfiguration={"LocationConstraint": service.client("s3").meta.region_name}
    )
    make_role(service, "writer", "s3:*")
    arn = f"arn:aws:iam::{ACCOUNT}:role/writer"
    service.create("large", NodeType="rg.4xlarge", ClusterType=None, NumberOfNodes=2, IamRoles=[arn])
    with service.connect("large") as connection:
        connection.execute("create table t (n integer)")
        connection.execute("insert into t values " + ", ".join(f"({n})" for n in range(20)))
        connection.execute(f"unload ('select n from t') to 's3://slices/' iam_role '{arn}'")
    assert len(service.client("s3").list_objects_v2(Bucket="slices")["Contents"]) == 16


@fact("6.1/5", "redshift-serverless creates Serverless workgroups.", Here.REFUSED, "serverless-billing")
def test_serverless(service):
    with refused("UnsupportedOperation", 501, "not supported by the stand-in"):
        service.client("redshift-serverless").create_namespace(namespaceName="shop")
