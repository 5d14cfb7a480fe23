"""The on-demand price of a running cluster, where it is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

AS_OF = date(2026, 10, 1)
SOURCE = 'AWS page "Amazon Redshift pricing", on-demand nodes'

_US_RA3 = {
    "ra3.large": Decimal("0.543"),
    "ra3.xlplus": Decimal("1.086"),
    "ra3.4xlarge": Decimal("3.26"),
    "ra3.16xlarge": Decimal("13.04"),
}
_US_RG = {
    "rg.large": Decimal("0.3801"),
    "rg.xlarge": Decimal("0.7602"),
    "rg.4xlarge": Decimal("3.04267"),
    "rg.12xlarge": Decimal("9.128"),
}
# US dollars per node and hour. Prices differ between regions; those not listed are unknown.
_PER_NODE = {"us-east-1": {**_US_RA3, **_US_RG}, "us-west-2": _US_RA3}


def per_hour(node_type: str, nodes: int, region: str) -> Decimal | None:
    """Return the price of the nodes per hour in US dollars, or None if it is unknown."""
    price = _PER_NODE.get(region, {}).get(node_type)
    return None if price is None else price * nodes


def describe(node_type: str, nodes: int, region: str) -> str:
    """Return a sentence on the price of the nodes per hour."""
    price = per_hour(node_type, nodes, region)
    cluster = f"{nodes} x {node_type} in {region}"
    if price is None:
        return f"The price of {cluster} is unknown: see {SOURCE}."
    return (
        f"{cluster} costs about {price:.2f} USD per hour while it runs, plus storage (as of {AS_OF}; {SOURCE}). "
        "Reservations and later price changes are not included."
    )
