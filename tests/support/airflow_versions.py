"""What tests use of Airflow's internals, which other versions have elsewhere."""

from __future__ import annotations

__all__ = ["DagBag", "coerce_to_core_timetable", "find_path_from_directory"]

try:
    from airflow._shared.module_loading import find_path_from_directory
    from airflow.dag_processing.dagbag import BundleDagBag as DagBag
    from airflow.serialization.encoders import coerce_to_core_timetable
except ImportError:  # Airflow 3.1
    from airflow.models.dagbag import BundleDagBag as DagBag
    from airflow.utils.file import find_path_from_directory

    def coerce_to_core_timetable(timetable):
        """Return the timetable, because DAGs have those of the core."""
        return timetable
