"""Keep the shop's tables tidy: leftovers of failed runs, retention, VACUUM and ANALYZE."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG

from redshift_elt import ApplyRetentionOperator, RemoveLeftoversOperator, VacuumOperator
from redshift_elt.compatibility import CronTriggerTimetable
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.run.params import resume_cluster_param, session_params

with DAG(
    dag_id="shop_maintenance",
    description="Remove what failed runs have left, delete old history, VACUUM and ANALYZE",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 4 * * 0", timezone="UTC"),
    start_date=datetime(2025, 3, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "shop",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(hours=6),
        "resume_cluster": "{{ params.resume_cluster }}",
        "statement_timeout": "{{ params.statement_timeout }}",
        "query_group": "{{ params.query_group }}",
    },
    tags=["shop", "redshift", "maintenance"],
    params={"resume_cluster": resume_cluster_param(), **session_params()},
) as dag:
    vacuum = VacuumOperator(task_id="vacuum", tables=["orders", "customers", "customer_history", "products"])
    [
        RemoveLeftoversOperator(task_id="remove_leftovers", bucket="{{ var.value.shop_bucket }}"),
        # Of all DAGs with this bookkeeping schema, such as Sparkify's.
        ApplyRetentionOperator(task_id="apply_retention"),
    ] >> vacuum
