"""What the DAGs of Sparkify have in common.

It is here because Airflow puts the plugins folder on Python's path, wherever the DAG files are; see
``docs/adr/0012-shared-dag-defaults-are-a-module-beside-the-package.md``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy

# The tags by which the DAGs know their own cluster among others.
TAGS = {"project": "sparkify-warehouse"}
CLUSTER = "sparkify"

BUCKET_VARIABLE = "sparkify_bucket"
# Where the data are: the field of the form, or the Airflow Variable.
BUCKET = f"{{{{ params.bucket or var.value.{BUCKET_VARIABLE} }}}}"
# What COPY may read in the bucket.
PREFIXES = ["log_data/", "song_data/", "log_json_path.json", "manifests/"]

# The month of the first event.
START_DATE = datetime(2018, 11, 1, tzinfo=timezone.utc)
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "sparkify",
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_policy": WarehouseRetryPolicy(),
}
# The arguments of the DAGs that create, show, pause, resume, restore and delete the cluster. People trigger them.
CLUSTER_DAG: dict[str, Any] = {
    "schedule": None,
    "start_date": START_DATE,
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "default_args": {**DEFAULT_ARGS, "retry_delay": timedelta(minutes=1)},
    "tags": ["sparkify", "cluster"],
}
