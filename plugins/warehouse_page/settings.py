"""What a page is about, and where Airflow serves it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from airflow.configuration import conf


@dataclass(frozen=True)
class PageSettings:
    """Whose runs and whose tables a page shows.

    The tables need no setting: they are those that the DAG has loaded, as ``etl.loads`` tells.

    :param dag_id: the DAG that loads the warehouse; who may read it may see the page.
    :param conn_id: the Airflow connection to the warehouse.
    :param aws_conn_id: the Airflow connection that finds a cluster by its name and reads the report.
    :param hours_of: the fact whose rows are counted for each hour, ``table`` or ``schema.table``.
    :param time_column: that table's event time in UTC, by which its loads are windowed.
    :param report_bucket_variable: the Airflow Variable that names the bucket of the report.
    :param report_prefix: below which key the report's ``index.html`` is; ends with a slash.
    """

    dag_id: str
    conn_id: str
    aws_conn_id: str
    hours_of: str
    time_column: str
    report_bucket_variable: str
    report_prefix: str


def base_path() -> str:
    """Return the path below which Airflow is served, without a slash at its end. It is empty for a host of its own."""
    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
