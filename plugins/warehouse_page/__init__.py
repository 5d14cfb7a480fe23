"""A page in Airflow's UI about a warehouse: its tables, runs, hours, checks, rejects, and the report.

Nothing here is particular to one warehouse: :class:`PageSettings` says whose DAG and whose tables it is about. Every
process of Airflow imports its plugins, also each task, so what is heavy is imported when the page is first asked for.
"""

from __future__ import annotations

from warehouse_page.plugin import LazyPage, navigation
from warehouse_page.settings import PageSettings

__all__ = ["LazyPage", "PageSettings", "navigation"]
