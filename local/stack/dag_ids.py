"""The DAGs that the commands run."""

from __future__ import annotations

from local.stack.environment import CLUSTER

CREATE_CLUSTER = "sparkify_create_cluster"
TEARDOWN_CLUSTER = "sparkify_teardown_cluster"
LOAD = "sparkify_etl"
REPORT = "sparkify_report"

# The Params of a teardown that asks nothing and keeps nothing.
TEARDOWN_WITHOUT_TRACE = {"final_snapshot": False, "approved": True, "confirm_data_loss": CLUSTER}
