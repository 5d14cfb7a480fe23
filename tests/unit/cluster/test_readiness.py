"""The meaning of each cluster state for a task that waits."""

from __future__ import annotations

import pytest

from redshift_elt.cluster.readiness import State, readiness

ROLE = "arn:aws:iam::123456789012:role/copy"


def state(status, role="in-sync"):
    return {"ClusterStatus": status, "IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": role}]}


@pytest.mark.parametrize(
    ("cluster", "expected", "says"),
    [
        (state("available"), State.READY, "its role is in sync"),
        (state("available, resize-cleanup"), State.READY, "its role is in sync"),
        (state("available", "adding"), State.NOT_YET, "not in sync yet"),
        (state("creating", "adding"), State.NOT_YET, "is creating"),
        (state("modifying"), State.NOT_YET, "is modifying"),
        (state("paused"), State.FAILED, "Resume it"),
        (state("deleting"), State.FAILED, "being deleted"),
        (state("incompatible-network"), State.FAILED, "events in the Redshift console"),
        (state("hardware-failure"), State.FAILED, "events in the Redshift console"),
        (state("available", "removing"), State.FAILED, "does not have the role"),
        ({"ClusterStatus": "available"}, State.FAILED, "not associated"),
        (None, State.FAILED, "does not exist any more"),
    ],
)
def test_meaning_of_each_cluster_state(cluster, expected, says):
    found = readiness("one", cluster, ROLE)
    assert found.state is expected
    assert says in found.message
