"""The meaning of each cluster state for a task that waits."""

from __future__ import annotations

import pytest

from redshift_elt.cluster.readiness import readiness

ROLE = "arn:aws:iam::123456789012:role/copy"


def state(status, role="in-sync"):
    return {"ClusterStatus": status, "IamRoles": [{"IamRoleArn": ROLE, "ApplyStatus": role}]}


@pytest.mark.parametrize(
    ("cluster", "ready", "failed", "says"),
    [
        (state("available"), True, False, "its role is in sync"),
        (state("available, resize-cleanup"), True, False, "its role is in sync"),
        (state("available", "adding"), False, False, "not in sync yet"),
        (state("creating", "adding"), False, False, "is creating"),
        (state("modifying"), False, False, "is modifying"),
        (state("paused"), False, True, "Resume it"),
        (state("deleting"), False, True, "being deleted"),
        (state("incompatible-network"), False, True, "events in the Redshift console"),
        (state("hardware-failure"), False, True, "events in the Redshift console"),
        (state("available", "removing"), False, True, "does not have the role"),
        ({"ClusterStatus": "available"}, False, True, "not associated"),
        (None, False, True, "does not exist any more"),
    ],
)
def test_meaning_of_each_cluster_state(cluster, ready, failed, says):
    found = readiness("one", cluster, ROLE)
    assert (found.ready, found.failed) == (ready, failed)
    assert says in found.message
