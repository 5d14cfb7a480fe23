"""What the DAGs of Sparkify have in common.

It is here because Airflow puts the plugins folder on Python's path, wherever the DAG files are; see
``docs/adr/0012-shared-dag-defaults-are-a-module-beside-the-package.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import conf

from redshift_elt.cluster.fields import access_fields, label_fields
from redshift_elt.cluster.spec import Access, ManagedCluster
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.run.names import MANIFESTS as MANIFEST_PREFIX

if TYPE_CHECKING:
    from airflow.sdk import Param

# Tags that identify this project's cluster.
TAGS = {"project": "sparkify-warehouse"}
CLUSTER = "sparkify"

BUCKET_VARIABLE = "sparkify_bucket"
# The bucket: the form field, else the Airflow Variable.
BUCKET = f"{{{{ params.bucket or var.value.{BUCKET_VARIABLE} }}}}"
# Where manifests are written, and their encryption, for a bucket that is read-only or requires a header: Airflow
# Variables, because the role that COPY uses must be allowed to read them. Both are empty by default.
MANIFESTS = {
    "manifest_url": "{{ var.value.get('sparkify_manifest_url', '') }}",
    "manifest_encryption": "{{ var.value.get('sparkify_manifest_encryption', '') }}",
}
# The bucket, and the boundary of the role that COPY uses: an Airflow Variable and no form field, so that triggering a
# run is not enough to choose another limit.
CLUSTER_SETTINGS = {
    **MANIFESTS,
    "bucket": BUCKET,
    "permissions_boundary": "{{ var.value.get('sparkify_copy_role_boundary', '') }}",
}
# The AWS connection of the DAGs that create, show, pause, resume, restore and delete the cluster. With a connection of
# their own, the identity that loads can neither create roles nor delete the cluster.
CLUSTER_AWS_CONN_ID = conf.get("sparkify", "cluster_aws_conn_id", fallback="aws_default")
# What COPY may read in the bucket.
PREFIXES = ["log_data/", "song_data/", "log_json_path.json", "manifests/"]

# The month of the first event.
START_DATE = datetime(2018, 11, 1, tzinfo=timezone.utc)
# A task that hangs is ended after this time. Longer than a full load of years takes, and than its longest waits, for a
# lock (lock_timeout) and for a statement (statement_timeout), together. Each execution counts by itself: not the time
# between the pokes of a sensor, nor while a task is deferred, which have limits of their own.
EXECUTION_TIMEOUT = timedelta(hours=6)
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "sparkify",
    "execution_timeout": EXECUTION_TIMEOUT,
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_policy": WarehouseRetryPolicy(),
}
# What the operators take from the form about their sessions in the warehouse.
SESSION = {"statement_timeout": "{{ params.statement_timeout }}", "query_group": "{{ params.query_group }}"}
# The arguments of the DAGs that create, show, pause, resume, restore and delete the cluster. People trigger them.
CLUSTER_DAG: dict[str, Any] = {
    "schedule": None,
    "start_date": START_DATE,
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "default_args": {
        **DEFAULT_ARGS,
        "retry_delay": timedelta(minutes=1),
        # They request something and return, or ask for its state.
        "execution_timeout": timedelta(minutes=15),
    },
    "tags": ["sparkify", "cluster"],
}


def new_cluster_fields() -> dict[str, Param]:
    """Return the form fields of the DAGs that create or restore the cluster."""
    return {
        **access_fields(bucket_variable=BUCKET_VARIABLE, prefixes=PREFIXES),
        **label_fields(owner="sparkify", purpose="analytics of song plays"),
    }


def new_cluster(params: Mapping[str, Any]) -> ManagedCluster:
    """Return the cluster that a run creates or restores.

    :param params: the run's params, with those of :func:`new_cluster_fields`.
    """
    labels = {"owner": params["owner"], "purpose": params["purpose"]}
    return ManagedCluster(
        params["cluster_identifier"], TAGS, labels, params["subnet_group"], params["enhanced_vpc_routing"]
    )


def new_access(settings: Mapping[str, str], params: Mapping[str, Any]) -> Access:
    """Return what the cluster may read, and who may connect to it.

    :param settings: the rendered :data:`CLUSTER_SETTINGS`.
    :param params: the run's params, with those of :func:`new_cluster_fields`.
    """
    manifest_url = settings["manifest_url"]
    keys = [params["kms_key"], settings["manifest_encryption"]]
    return Access(
        settings["bucket"],
        # COPY reads the manifests, whatever else it reads.
        list(dict.fromkeys([*params["prefixes"], MANIFEST_PREFIX])),
        params["cidrs"],
        also_read=[f"{manifest_url.rstrip('/')}/{MANIFEST_PREFIX}"] if manifest_url else [],
        # The others name no key of the account.
        kms_keys=[key for key in keys if key and key not in ("AES256", "aws:kms")],
        # A template renders to text.
        permissions_boundary=settings["permissions_boundary"] or None,
        only_these_prefixes=params["only_these_prefixes"],
    )
