"""The page "Warehouse" in Airflow's navigation, for Sparkify's warehouse."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from warehouse_page import LazyPage, PageSettings, navigation

PAGE = PageSettings(
    dag_id="sparkify_etl",
    conn_id="redshift_default",
    aws_conn_id="aws_default",
    fact_table="songplays",
    time_column="start_time",
    report_bucket_variable="sparkify_bucket",
    report_prefix="reports/",
)


class SparkifyWarehousePlugin(AirflowPlugin):
    """Serve the page at ``/warehouse/`` and show it in the navigation."""

    name = "sparkify_warehouse"
    # Not ClassVar, because AirflowPlugin does not declare them so.
    fastapi_apps: list[Any] = [{"app": LazyPage(PAGE), "url_prefix": "/warehouse", "name": "Warehouse"}]  # noqa: RUF012
    external_views: list[Any] = [navigation("Warehouse", "/warehouse/", url_route="warehouse")]  # noqa: RUF012
