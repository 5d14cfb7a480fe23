"""The node types of new clusters."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import AirflowFailException

# The minimum and maximum number of nodes of a new cluster (AWS page "Working with clusters", node type details).
NODE_TYPES = {
    "ra3.large": (1, 16),
    "ra3.xlplus": (1, 16),
    "ra3.4xlarge": (2, 32),
    "ra3.16xlarge": (2, 128),
    "rg.large": (1, 16),
    "rg.xlarge": (2, 16),
    "rg.4xlarge": (2, 32),
    "rg.12xlarge": (2, 128),
}
# The limit of CreateCluster (AWS API reference).
_MOST_NODES = 100
_RETIRED = ("dc1.", "dc2.", "ds2.")


def check_nodes(node_type: str, nodes: int) -> None:
    """Refuse a node type or a number of nodes that a new cluster cannot have.

    :raises AirflowFailException: the type is retired or unknown, or does not allow this number of nodes.
    """
    known = ", ".join(NODE_TYPES)
    if node_type.startswith(_RETIRED):
        raise AirflowFailException(
            f"The node type {node_type!r} is retired: AWS refuses new clusters of the DC and DS families. Choose one "
            f"of {known}; ra3.large and rg.large replace dc2.large."
        )
    if node_type not in NODE_TYPES:
        raise AirflowFailException(f"The node type {node_type!r} is unknown. Choose one of {known}.")
    fewest, most = NODE_TYPES[node_type]
    most = min(most, _MOST_NODES)
    if not fewest <= nodes <= most:
        raise AirflowFailException(
            f"A cluster of {node_type} has {fewest} to {most} nodes, but {nodes} were requested: change nodes or "
            "node_type."
        )
