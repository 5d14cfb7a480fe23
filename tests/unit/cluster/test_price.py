"""The price of a cluster, if it is known."""

from __future__ import annotations

import pytest

from redshift_elt.cluster.nodes import NODE_TYPES
from redshift_elt.cluster.price import describe, per_hour


def test_price_includes_all_nodes():
    # 2 x 1.086 USD.
    assert describe("ra3.xlplus", 2, "us-east-1").startswith(
        "2 x ra3.xlplus in us-east-1 costs about 2.17 USD per hour"
    )


@pytest.mark.parametrize(
    ("node_type", "region"), [("ra3.large", "eu-south-2"), ("rg.large", "us-west-2"), ("ra3.huge", "us-east-1")]
)
def test_unknown_price_is_not_guessed(node_type, region):
    assert per_hour(node_type, 1, region) is None
    assert "is unknown" in describe(node_type, 1, region)


@pytest.mark.parametrize("node_type", NODE_TYPES)
def test_every_node_type_has_a_price_in_some_region(node_type):
    assert per_hour(node_type, 1, "us-east-1")
