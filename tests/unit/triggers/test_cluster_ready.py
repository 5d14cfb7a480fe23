"""The trigger that waits for a cluster."""

from __future__ import annotations

import time

from redshift_elt.triggers.cluster_ready import ClusterReadyTrigger

ROLE = "arn:aws:iam::123456789012:role/copy"


def test_start_time_survives_a_restart_of_the_triggerer():
    until = time.time() + 5
    _, arguments = ClusterReadyTrigger("one", ROLE, until, 1, "aws_default").serialize()
    assert ClusterReadyTrigger(**arguments).until == until
