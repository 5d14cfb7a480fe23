"""The table of a cluster's state, size, age and cost."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from redshift_elt.cluster.status import as_table, cluster_status, describe
from tests.support.account import NAME

CREATED = datetime(2026, 11, 20, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 21, 12, 30, tzinfo=timezone.utc)
TOLD = {
    "ClusterIdentifier": "a",
    "ClusterStatus": "available",
    "Endpoint": {"Address": "host", "Port": 5439},
    "NodeType": "ra3.large",
    "NumberOfNodes": 2,
    "ClusterCreateTime": CREATED,
    "IamRoles": [{"IamRoleArn": "arn:aws:iam::1:role/a-copy", "ApplyStatus": "in-sync"}],
}


def test_age_and_cost_are_counted_from_the_creation():
    status = describe(TOLD, "us-east-1", NOW, "7 MB")
    # 36.5 hours of two nodes at 0.543 USD are 39.639 USD.
    assert status.pop("cost so far").startswith("39.64 USD if it was never paused; on-demand nodes only")
    assert status == {
        "cluster": "a",
        "state": "available",
        "endpoint": "host:5439",
        "nodes": "2 x ra3.large",
        "roles": "arn:aws:iam::1:role/a-copy (in-sync)",
        "tables": "7 MB",
        "age": "1 d 12 h 30 min",
    }


@pytest.mark.parametrize(
    ("changed", "region"), [({"NodeType": "new.large"}, "us-east-1"), ({}, "mars-north-1")], ids=["node", "region"]
)
def test_unknown_price_is_left_out(changed, region):
    assert describe({**TOLD, **changed}, region, NOW, "7 MB")["cost so far"].startswith("unknown")


def test_cluster_that_is_being_created_has_no_endpoint():
    assert describe({**TOLD, "Endpoint": {}, "IamRoles": []}, "us-east-1", NOW, "")["endpoint"] == "none"


def test_values_are_aligned():
    assert as_table({"age": "1 d", "state": "paused"}) == "age    1 d\nstate  paused"


def test_cluster_without_connections_is_still_described(account):
    account.create(wait=False)
    account.wait_for_status("available")
    account.redshift.pause_cluster(ClusterIdentifier=NAME)
    account.wait_for_status("paused")
    status = cluster_status(NAME)
    assert (status["state"], status["tables"]) == ("paused", "unknown while it does not accept connections")


def test_missing_cluster_is_not_an_error(account):
    assert cluster_status(NAME) == {"cluster": NAME, "state": "does not exist"}
