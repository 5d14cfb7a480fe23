"""The DAGs that the commands run."""

from __future__ import annotations

CREATE_CLUSTER = "sparkify_create_cluster"
TEARDOWN_CLUSTER = "sparkify_teardown_cluster"
LOAD = "sparkify_etl"
REPORT = "sparkify_report"
