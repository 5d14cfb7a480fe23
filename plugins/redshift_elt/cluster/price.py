"""What a cluster costs while it runs, as far as it is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

# AWS page "Amazon Redshift pricing".
AS_OF = date(2026, 10, 1)

# US dollars for a node and an hour, on demand. What is not here is not known: prices differ from region to region.
_PER_NODE = {
    "us-east-1": {
        "ra3.large": Decimal("0.543"),
        "ra3.xlplus": Decimal("1.086"),
        "ra3.4xlarge": Decimal("3.26"),
        "ra3.16xlarge": Decimal("13.04"),
        "rg.large": Decimal("0.3801"),
        "rg.xlarge": Decimal("0.7602"),
        "rg.4xlarge": Decimal("3.04267"),
        "rg.12xlarge": Decimal("9.128"),
    }
}


def per_hour(node_type: str, nodes: int, region: str) -> Decimal | None:
    """Return what the nodes cost in an hour, in US dollars; None if it is not known."""
    price = _PER_NODE.get(region, {}).get(node_type)
    return None if price is None else price * nodes
