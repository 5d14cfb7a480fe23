"""Parameters of a trigger that would widen a policy: the run fails before any request that changes something."""

from __future__ import annotations

import json

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from tests.support.account import NAME, run
from tests.support.aws_calls import recorded

CONNECTION = {
    "conn_type": "redshift",
    "login": "loader",
    "schema": "dev",
    "extra": {"iam": True, "cluster_identifier": NAME},
}
FORM = {"bucket": "any"}


@pytest.mark.parametrize("dag_id", ["sparkify_create_cluster", "sparkify_restore_cluster"])
@pytest.mark.parametrize(
    "entered",
    [
        {"bucket": "*", "prefixes": ["*"]},
        {"prefixes": ["log_data/", "*"]},
        {"prefixes": ["${aws:PrincipalTag/team}/"]},
        {"cidrs": ["0.0.0.0/0"]},
        {"kms_key": "*"},
        {"owner": "*"},
        {"subnet_group": "*"},
    ],
    ids=str,
)
def test_nothing_is_created(account, monkeypatch, dag_id, entered):
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(CONNECTION))
    snapshot = {"snapshot_identifier": "kept"} if "restore" in dag_id else {}
    with recorded() as calls, pytest.raises(AirflowFailException, match=r"Nothing was changed|is too large"):
        run(dag_id, **{**FORM, **snapshot, **entered})
    assert not calls
    assert account.contents() == {}
