"""Whether a new cluster can be used, according to DescribeClusters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from redshift_elt.cluster.find import ENDING, is_available

_TEMPORARY = (
    "cancelling-resize",
    "creating",
    "modifying",
    "rebooting",
    "renaming",
    "resizing",
    "resuming",
    "rotating-keys",
    "updating-hsm",
)
_PAUSED = ("pausing", "paused")


class State(Enum):
    """Whether a task continues, waits longer, or gives up."""

    #: The cluster accepts connections, and COPY can use its role.
    READY = auto()
    #: It can become ready by itself.
    NOT_YET = auto()
    #: Waiting longer does not help.
    FAILED = auto()


@dataclass(frozen=True)
class Readiness:
    """The readiness of a cluster.

    :param message: a sentence on the state; if it has failed, with what to do.
    """

    state: State
    message: str


def readiness(identifier: str, cluster: dict[str, Any] | None, role_arn: str) -> Readiness:
    """Return the readiness of a cluster from its state and that of its role.

    A role takes effect some time after the cluster is available (AWS page "Associating IAM roles with clusters").

    :param cluster: a cluster in the response of DescribeClusters; None if there is none.
    :param role_arn: the role that COPY uses.
    """
    if cluster is None:
        return _failed(f"The cluster {identifier!r} does not exist any more. Trigger this DAG again.")
    status = cluster["ClusterStatus"]
    if status in _PAUSED:
        return _failed(f"The cluster {identifier!r} is {status}. Resume it, then trigger this DAG again.")
    if status in ENDING:
        return _failed(
            f"The cluster {identifier!r} is being deleted ({status}). Trigger this DAG again when it is gone."
        )
    if is_available(cluster):
        return _role(identifier, cluster, role_arn)
    if status in _TEMPORARY:
        return Readiness(State.NOT_YET, f"The cluster {identifier!r} is {status}.")
    return _failed(
        f"The cluster {identifier!r} is {status}, which requires action: check its events in the Redshift console. "
        "Nothing was deleted."
    )


def _role(identifier: str, cluster: dict[str, Any], role_arn: str) -> Readiness:
    states = {role["IamRoleArn"]: role.get("ApplyStatus") for role in cluster.get("IamRoles", ())}
    state = states.get(role_arn)
    if state == "in-sync":
        return Readiness(State.READY, f"The cluster {identifier!r} is available and its role is in sync.")
    if state == "adding":
        return Readiness(State.NOT_YET, f"The cluster {identifier!r} is available, but its role is not in sync yet.")
    return _failed(
        f"The cluster {identifier!r} does not have the role {role_arn} ({state or 'not associated'}). Associate it, "
        "make it the default role, then trigger this DAG again."
    )


def _failed(message: str) -> Readiness:
    return Readiness(State.FAILED, message)
