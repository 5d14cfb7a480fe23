"""From where clients may connect: networks that are narrow enough to be meant."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from airflow.sdk.exceptions import AirflowFailException

Network = IPv4Network | IPv6Network

# Networks that are not routed on the Internet (RFC 1918, RFC 6598, RFC 4193) can be admitted as a whole.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"))
)
# Others must be at most as wide as the widest network that a VPC can have (AWS page "VPC CIDR blocks").
_WIDEST = {4: 16, 6: 44}
# IPv6 addresses that are IPv4 addresses: mapped, translated, 6to4 and Teredo.
_DISGUISED = tuple(map(ip_network, ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")))


def read_cidrs(cidrs: Iterable[str]) -> list[Network]:
    """Return the networks in their shortest form: neighbours together, each once.

    :param cidrs: such as ``203.0.113.0/24``; an address alone is a network of one.
    :raises AirflowFailException: one is no network, or so wide that it cannot be meant; also when several together are.
    """
    networks = [_read(cidr) for cidr in cidrs]
    together: list[Network] = [
        *collapse_addresses(network for network in networks if isinstance(network, IPv4Network)),
        *collapse_addresses(network for network in networks if isinstance(network, IPv6Network)),
    ]
    for network in together:
        _refuse_wide(network)
    return together


def _read(cidr: str) -> Network:
    try:
        network = ip_network(cidr)
    except ValueError as error:
        raise AirflowFailException(
            f"{cidr!r} is no network ({error}): write it like 203.0.113.0/24, or 203.0.113.7/32 for one address."
        ) from error
    if isinstance(network, IPv6Network) and any(network.subnet_of(hidden) for hidden in _DISGUISED):
        raise AirflowFailException(f"{cidr!r} is an IPv4 network in the clothes of IPv6: write it as IPv4.")
    _refuse_wide(network)
    return network


def _refuse_wide(network: Network) -> None:
    if any(network.version == private.version and network.subnet_of(private) for private in _PRIVATE):
        return
    widest = _WIDEST[network.version]
    if network.prefixlen < widest:
        whole = " That is everybody." if network.prefixlen == 0 else ""
        raise AirflowFailException(
            f"The network {network} has {network.num_addresses:,} public addresses, too many to be meant: whoever has "
            f"one could try to log in.{whole} Give the addresses of your workers; a public network may be at most a "
            f"/{widest}."
        )
