"""A page in Airflow's UI that shows a warehouse: its tables, runs, hours, checks, rejects, fields and report.

The page works for any warehouse: :class:`PageSettings` names the DAG and the tables. Every process of Airflow imports
its plugins, including each task, so heavy modules are imported on the first request.
"""

from __future__ import annotations

from warehouse_page.plugin import LazyPage, navigation
from warehouse_page.settings import PageSettings

__all__ = ["LazyPage", "PageSettings", "navigation"]
