"""The settings of the page, and the path at which Airflow is served."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from airflow.configuration import conf


@dataclass(frozen=True)
class PageSettings:
    """The DAG and the tables that a page shows.

    The list of tables needs no setting: it is read from the history of loads.

    :param dag_id: the DAG that loads the warehouse. Users who may read it may see the page.
    :param conn_id: the Airflow connection to the warehouse.
    :param aws_conn_id: the Airflow connection that looks up the cluster and reads the report.
    :param fact_table: the fact table whose rows are counted by hour, ``table`` or ``schema.table``.
    :param time_column: the fact table's event time in UTC, on which its windows are based.
    :param report_bucket_variable: the Airflow Variable with the report's bucket.
    :param report_prefix: the key prefix of the report's ``index.html``; ends with a slash.
    """

    dag_id: str
    conn_id: str
    aws_conn_id: str
    fact_table: str
    time_column: str
    report_bucket_variable: str
    report_prefix: str


def base_path() -> str:
    """Return the path of Airflow's base URL without a trailing slash; usually empty."""
    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
