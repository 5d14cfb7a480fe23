"""The networks that may connect: parsed, merged, and refused if they are too large."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from airflow.providers.common.compat.sdk import AirflowFailException

Network = IPv4Network | IPv6Network

# Networks that are not routed on the Internet (RFC 1918, RFC 6598, RFC 4193) may be of any size.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"))
)
# Public networks may be at most as large as the largest network of a VPC (AWS page "VPC CIDR blocks").
_SHORTEST_PREFIX = {4: 16, 6: 44}
# IPv6 networks whose addresses are IPv4 addresses: mapped, translated, 6to4 and Teredo.
_IPV4_IN_IPV6 = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")))


def parse_cidrs(cidrs: Iterable[str]) -> list[Network]:
    """Return the networks without duplicates; adjacent networks are merged.

    :param cidrs: such as ``203.0.113.0/24``; a single address is a network of one address.
    :raises AirflowFailException: one is not a network, or is too large; also if merged networks are.
    """
    networks = [_parse(cidr) for cidr in cidrs]
    merged: list[Network] = [
        *collapse_addresses(network for network in networks if isinstance(network, IPv4Network)),
        *collapse_addresses(network for network in networks if isinstance(network, IPv6Network)),
    ]
    for network in merged:
        _refuse_large(network)
    return merged


def _parse(cidr: str) -> Network:
    try:
        network = ip_network(cidr)
    except ValueError as error:
        raise AirflowFailException(
            f"{cidr!r} is not a network ({error}): write it like 203.0.113.0/24, or 203.0.113.7/32 for one address."
        ) from error
    if isinstance(network, IPv6Network) and any(network.subnet_of(mapped) for mapped in _IPV4_IN_IPV6):
        raise AirflowFailException(f"{cidr!r} is an IPv4-mapped IPv6 network: write it as IPv4.")
    _refuse_large(network)
    return network


def _refuse_large(network: Network) -> None:
    if any(type(network) is type(private) and network.subnet_of(private) for private in _PRIVATE):  # type: ignore[arg-type]
        return
    shortest = _SHORTEST_PREFIX[network.version]
    if network.prefixlen < shortest:
        everybody = " That is the whole Internet." if network.prefixlen == 0 else ""
        raise AirflowFailException(
            f"The network {network} is too large: it has {network.num_addresses:,} public addresses, and anyone with "
            f"one of them could try to log in.{everybody} Give the addresses of your workers; a public network may be "
            f"at most a /{shortest}."
        )
