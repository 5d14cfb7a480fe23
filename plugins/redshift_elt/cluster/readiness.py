"""Whether a new cluster can be used, by what DescribeClusters tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redshift_elt.cluster.find import ENDING, is_available

_ON_THE_WAY = (
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


@dataclass(frozen=True)
class Readiness:
    """What there is to say.

    :param ready: the cluster takes connections and COPY can use its role.
    :param hopeless: waiting does not help.
    :param message: a sentence, with what to do if it is hopeless.
    """

    ready: bool
    hopeless: bool
    message: str


def readiness(identifier: str, cluster: dict[str, Any] | None, role_arn: str) -> Readiness:
    """Judge a cluster by its state and that of its role.

    An association of a role takes effect some time after the cluster is available (AWS page "Associating IAM roles with
    clusters").

    :param cluster: from an answer of DescribeClusters; None if there is none.
    :param role_arn: the role that COPY is to use.
    """
    if cluster is None:
        return _hopeless(f"The cluster {identifier!r} is not there: somebody has deleted it. Trigger this DAG again.")
    status = cluster["ClusterStatus"]
    if status in _PAUSED:
        return _hopeless(f"The cluster {identifier!r} is {status}: resume it, then trigger this DAG again.")
    if status in ENDING:
        return _hopeless(
            f"The cluster {identifier!r} is being deleted ({status}): trigger this DAG again when it is gone."
        )
    if is_available(cluster):
        return _role(identifier, cluster, role_arn)
    if status in _ON_THE_WAY or status == "cancelling-resize":
        return Readiness(False, False, f"The cluster {identifier!r} is {status}.")
    return _hopeless(
        f"The cluster {identifier!r} is {status}, which does not pass by itself: look at its events in the Redshift "
        "console. Nothing was deleted."
    )


def _role(identifier: str, cluster: dict[str, Any], role_arn: str) -> Readiness:
    states = {role["IamRoleArn"]: role.get("ApplyStatus") for role in cluster.get("IamRoles", ())}
    state = states.get(role_arn)
    if state == "in-sync":
        return Readiness(True, False, f"The cluster {identifier!r} is available, and its role is in sync.")
    if state == "adding":
        return Readiness(False, False, f"The cluster {identifier!r} is available, and its role is not in sync yet.")
    return _hopeless(
        f"The cluster {identifier!r} does not have the role {role_arn} ({state or 'not associated'}): associate it and "
        "make it the default one, then trigger this DAG again."
    )


def _hopeless(message: str) -> Readiness:
    return Readiness(False, True, message)
