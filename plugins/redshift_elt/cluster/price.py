"""What a cluster costs while it runs, as far as it is known."""

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
# US dollars for a node and an hour. What is not here is not known: prices differ from region to region.
_PER_NODE = {"us-east-1": {**_US_RA3, **_US_RG}, "us-west-2": _US_RA3}


def per_hour(node_type: str, nodes: int, region: str) -> Decimal | None:
    """Return what the nodes cost in an hour, in US dollars; None if it is not known."""
    price = _PER_NODE.get(region, {}).get(node_type)
    return None if price is None else price * nodes


def describe(node_type: str, nodes: int, region: str) -> str:
    """Return a sentence on what the nodes cost in an hour."""
    price = per_hour(node_type, nodes, region)
    what = f"{nodes} x {node_type} in {region}"
    if price is None:
        return f"What {what} costs is not known here: see {SOURCE}."
    return (
        f"{what} costs about {price:.2f} USD per hour while it runs, beside storage (as of {AS_OF}; {SOURCE}). "
        "Reservations and changes of price since then are not in it."
    )
