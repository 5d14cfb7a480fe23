"""Load a shop's orders, customers and products from S3 into Amazon Redshift, hour by hour.

Orders arrive as events, in files of their hour. Customers arrive as changes (CDC), with the operation and the time of
each. Products arrive as snapshots every two hours. The runs of the hours can be repeated, and can run in any order and
in parallel.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.sdk import DAG

from redshift_elt import (
    CleanUpOperator,
    Csv,
    DataQualityOperator,
    Deletes,
    FullRefresh,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRows,
    Placeholder,
    Scd2,
    StageToRedshiftOperator,
    load_checks,
)
from redshift_elt.compatibility import CronDataIntervalTimetable
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy
from redshift_elt.run.names import staging_table
from redshift_elt.run.params import bucket_param, on_missing_params, resume_cluster_param, run_params, session_params

FOLDER = Path(__file__).parent
# The bucket: the form field, else the Airflow Variable.
BUCKET = "{{ params.bucket or var.value.shop_bucket }}"

with DAG(
    dag_id="shop_etl",
    description="Load orders, customers and products from S3, hour by hour",
    doc_md=__doc__,
    # Spelled out because "@hourly" gives empty data intervals in Airflow 3 (Airflow issue 50172).
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=datetime(2025, 3, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=8,
    default_args={
        "owner": "shop",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_policy": WarehouseRetryPolicy(),
        "execution_timeout": timedelta(hours=6),
        "on_missing": "{{ params.on_missing }}",
        "resume_cluster": "{{ params.resume_cluster }}",
        "statement_timeout": "{{ params.statement_timeout }}",
        "query_group": "{{ params.query_group }}",
    },
    template_searchpath=[str(FOLDER)],
    user_defined_macros={"staging_table": staging_table},
    tags=["shop", "redshift"],
    params={
        **run_params(),
        # The fields of the arguments in default_args.
        **on_missing_params(),
        "resume_cluster": resume_cluster_param(),
        **session_params(),
        "bucket": bucket_param("The bucket with the files.", "shop_bucket"),
    },
) as dag:
    stage_orders = StageToRedshiftOperator(
        task_id="stage_orders",
        table="staging_orders",
        bucket=BUCKET,
        key_pattern="orders/%Y/%m/%d/%H/*.json.gz",
        window_column="ordered_at",
        checks=load_checks(FOLDER / "checks" / "staging_orders.yaml"),
    )
    stage_customers = StageToRedshiftOperator(
        task_id="stage_customers",
        table="staging_customers",
        bucket=BUCKET,
        # Without window_column: a change can be in the files of a later hour than that of the change.
        key_pattern="customers/%Y/%m/%d/%H/*.json.gz",
    )
    stage_products = StageToRedshiftOperator(
        task_id="stage_products",
        table="staging_products",
        bucket=BUCKET,
        key_pattern="products/%Y-%m-%dT%H.csv",
        format=Csv(header_lines=1),
    )

    load_orders = LoadFactOperator(
        task_id="load_orders",
        table="orders",
        select="select/orders.sql",
        staged_by=[stage_orders],
        key="order_id",
        window_column="ordered_at",
        # An hour can be loaded before the hour in which its customers registered.
        placeholders=[Placeholder(dimension="customers", columns={"customer_id": "customer_id"})],
    )
    load_customers = LoadDimensionOperator(
        task_id="load_customers",
        table="customers",
        select="select/customers.sql",
        staged_by=[stage_customers],
        key="customer_id",
        strategy=MergeRows(latest_by="updated_at", deletes=Deletes(column="op", value="D", mark="is_deleted")),
    )

    load_customer_history = LoadDimensionOperator(
        task_id="load_customer_history",
        table="customer_history",
        select="select/customer_history.sql",
        staged_by=[stage_customers],
        key="customer_id",
        strategy=Scd2(changed_at="valid_from"),
    )

    load_products = LoadDimensionOperator(
        task_id="load_products",
        table="products",
        select="select/products.sql",
        staged_by=[stage_products],
        key="product_id",
        strategy=FullRefresh(),
    )

    check_shop = DataQualityOperator(
        task_id="check_shop",
        trigger_rule="none_failed",
        checks=load_checks(FOLDER / "checks" / "shop.yaml"),
    )
    clean_up = CleanUpOperator(
        task_id="clean_up", trigger_rule="none_failed", staged_by=[stage_orders, stage_customers, stage_products]
    )
    [load_orders, load_customers, load_customer_history, load_products] >> check_shop >> clean_up
