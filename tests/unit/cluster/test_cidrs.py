"""The networks that can be allowed, and those that are too large."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.cidrs import parse_cidrs


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ([], []),
        (["203.0.113.7"], ["203.0.113.7/32"]),
        (["203.0.113.7/32", "203.0.113.7"], ["203.0.113.7/32"]),
        (["198.51.0.0/16"], ["198.51.0.0/16"]),
        (["203.0.113.0/25", "203.0.113.128/25"], ["203.0.113.0/24"]),
        (["203.0.113.0/255.255.255.0"], ["203.0.113.0/24"]),
        (["10.0.0.0/8", "172.16.0.0/12"], ["10.0.0.0/8", "172.16.0.0/12"]),
        (["2001:db8::/44"], ["2001:db8::/44"]),
        (["fd00::/8"], ["fd00::/8"]),
    ],
)
def test_allowed_networks(asked, read):
    assert [str(network) for network in parse_cidrs(asked)] == read


@pytest.mark.parametrize(
    "asked",
    [
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/0.0.0.0"],
        ["0:0:0:0:0:0:0:0/0"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["::/1", "8000::/1"],
        ["203.0.0.0/15"],
        ["2001:db8::/43"],
        ["10.0.0.0/7"],
        [f"8.{number}.0.0/16" for number in range(256)],
        ["10.0.0.1", "0.0.0.0/0"],
    ],
)
def test_too_large_network_is_refused_with_a_reason(asked):
    with pytest.raises(AirflowFailException, match="is too large"):
        parse_cidrs(asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("everybody", "is not a network"),
        ("", "is not a network"),
        ("0/0", "is not a network"),
        (" 203.0.113.7", "is not a network"),
        ("203.0.113.7/24", "is not a network .* host bits set"),
        ("::ffff:0:0/96", "write it as IPv4"),
        ("::ffff:203.0.113.7/128", "write it as IPv4"),
        ("64:ff9b::/96", "write it as IPv4"),
    ],
)
def test_text_that_is_not_a_network_is_refused(asked, why):
    with pytest.raises(AirflowFailException, match=why):
        parse_cidrs([asked])


def test_request_for_the_whole_internet_is_reported_as_such():
    with pytest.raises(AirflowFailException, match="That is the whole Internet"):
        parse_cidrs(["::/0"])
