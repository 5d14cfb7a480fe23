"""Operators that load files from S3 into Amazon Redshift and keep the tables correct.

What is listed here is the public interface; any other module may change with each release. Each name is imported when
it is first used, because every process of Airflow that reads a DAG file imports this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redshift_elt.checks import (
        AcceptedValues,
        EqualCounts,
        Fresh,
        InRange,
        NotNull,
        Query,
        References,
        RowCount,
        RowsNearAverage,
        UndamagedText,
        Unique,
        load_checks,
    )
    from redshift_elt.loading.append import Append
    from redshift_elt.loading.audit_columns import AuditColumns
    from redshift_elt.loading.deduplication import Choice
    from redshift_elt.loading.deletes import Deletes
    from redshift_elt.loading.full_refresh import FullRefresh
    from redshift_elt.loading.merge_records import MergeRecords
    from redshift_elt.loading.merge_rows import MergeRows
    from redshift_elt.loading.overwrite_window import OverwriteWindow
    from redshift_elt.loading.placeholders import Placeholder
    from redshift_elt.loading.scd2 import Scd2
    from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
    from redshift_elt.operators.apply_retention import ApplyRetentionOperator
    from redshift_elt.operators.clean_up import CleanUpOperator
    from redshift_elt.operators.data_quality import DataQualityOperator
    from redshift_elt.operators.load_dimension import LoadDimensionOperator
    from redshift_elt.operators.load_fact import LoadFactOperator
    from redshift_elt.operators.remove_leftovers import RemoveLeftoversOperator
    from redshift_elt.operators.report import ReportOperator
    from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
    from redshift_elt.operators.vacuum import VacuumOperator
    from redshift_elt.operators.wait_for_cluster import WaitForClusterOperator
    from redshift_elt.sensors.no_active_runs import NoActiveRunsSensor
    from redshift_elt.staging.formats.avro_format import Avro
    from redshift_elt.staging.formats.columnar import Orc, Parquet
    from redshift_elt.staging.formats.csv_format import Csv
    from redshift_elt.staging.formats.delimited import Delimited
    from redshift_elt.staging.formats.fixed_width import FixedWidth
    from redshift_elt.staging.formats.json_format import Json

__version__ = "1.0.0"

__all__ = [
    "AcceptedValues",
    "Append",
    "ApplyRetentionOperator",
    "AuditColumns",
    "Avro",
    "Choice",
    "CleanUpOperator",
    "Csv",
    "DataQualityOperator",
    "Deletes",
    "Delimited",
    "EqualCounts",
    "FixedWidth",
    "Fresh",
    "FullRefresh",
    "InRange",
    "Json",
    "LoadDimensionOperator",
    "LoadFactOperator",
    "MergeRecords",
    "MergeRows",
    "NoActiveRunsSensor",
    "NotNull",
    "Orc",
    "OverwriteWindow",
    "Parquet",
    "Placeholder",
    "Query",
    "References",
    "RemoveLeftoversOperator",
    "ReportOperator",
    "RowCount",
    "RowsNearAverage",
    "Scd2",
    "Scd2Snapshots",
    "StageToRedshiftOperator",
    "UndamagedText",
    "Unique",
    "VacuumOperator",
    "WaitForClusterOperator",
    "__version__",
    "get_provider_info",
    "load_checks",
]

_NAMES = {
    "redshift_elt.checks": (
        "AcceptedValues",
        "EqualCounts",
        "Fresh",
        "InRange",
        "NotNull",
        "Query",
        "References",
        "RowCount",
        "RowsNearAverage",
        "UndamagedText",
        "Unique",
        "load_checks",
    ),
    "redshift_elt.loading.append": ("Append",),
    "redshift_elt.loading.audit_columns": ("AuditColumns",),
    "redshift_elt.loading.deduplication": ("Choice",),
    "redshift_elt.loading.deletes": ("Deletes",),
    "redshift_elt.loading.merge_records": ("MergeRecords",),
    "redshift_elt.loading.merge_rows": ("MergeRows",),
    "redshift_elt.loading.overwrite_window": ("OverwriteWindow",),
    "redshift_elt.loading.full_refresh": ("FullRefresh",),
    "redshift_elt.loading.scd2": ("Scd2",),
    "redshift_elt.loading.scd2_snapshots": ("Scd2Snapshots",),
    "redshift_elt.loading.placeholders": ("Placeholder",),
    "redshift_elt.operators.apply_retention": ("ApplyRetentionOperator",),
    "redshift_elt.operators.clean_up": ("CleanUpOperator",),
    "redshift_elt.operators.data_quality": ("DataQualityOperator",),
    "redshift_elt.operators.load_dimension": ("LoadDimensionOperator",),
    "redshift_elt.operators.load_fact": ("LoadFactOperator",),
    "redshift_elt.operators.remove_leftovers": ("RemoveLeftoversOperator",),
    "redshift_elt.operators.report": ("ReportOperator",),
    "redshift_elt.operators.stage_to_redshift": ("StageToRedshiftOperator",),
    "redshift_elt.operators.vacuum": ("VacuumOperator",),
    "redshift_elt.operators.wait_for_cluster": ("WaitForClusterOperator",),
    "redshift_elt.sensors.no_active_runs": ("NoActiveRunsSensor",),
    "redshift_elt.staging.formats.columnar": ("Orc", "Parquet"),
    "redshift_elt.staging.formats.fixed_width": ("FixedWidth",),
    "redshift_elt.staging.formats.delimited": ("Delimited",),
    "redshift_elt.staging.formats.avro_format": ("Avro",),
    "redshift_elt.staging.formats.json_format": ("Json",),
    "redshift_elt.staging.formats.csv_format": ("Csv",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

# Type checkers see the imports above, and report a name that is not one of them.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Import a name of the public interface (PEP 562)."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public interface, whether it has been imported yet or not."""
    return sorted({*globals(), *__all__})


def get_provider_info() -> dict[str, Any]:
    """Describe this package to Airflow's list of providers, as ``airflow/provider_info.schema.json`` defines it."""
    # Importing the package imports no module of it.
    from redshift_elt.sql.bookkeeping import DEFAULT, OPTION, SECTION

    return {
        "package-name": "sparkify-warehouse",
        "name": "Redshift ELT",
        "description": "Loads files from S3 into Amazon Redshift and keeps the tables correct.",
        "integrations": [
            {"integration-name": "Amazon Redshift", "external-doc-url": "https://aws.amazon.com/redshift/"}
        ],
        "operators": [
            {
                "integration-name": "Amazon Redshift",
                "python-modules": [module for module in _NAMES if ".operators." in module],
            }
        ],
        "sensors": [
            {
                "integration-name": "Amazon Redshift",
                "python-modules": ["redshift_elt.sensors.no_active_runs", "redshift_elt.sensors.cluster_step"],
            },
        ],
        "triggers": [
            {"integration-name": "Amazon Redshift", "python-modules": ["redshift_elt.triggers.cluster_ready"]},
        ],
        "config": {
            SECTION: {
                "description": "Settings of the operators that load Amazon Redshift.",
                "options": {
                    OPTION: {
                        "description": (
                            "The schema of the bookkeeping tables: locks, ledger, history and results of checks. "
                            "Environments that share a database need different ones."
                        ),
                        "version_added": None,
                        "type": "string",
                        "example": "etl_prod",
                        "default": DEFAULT,
                    }
                },
            }
        },
    }
