"""OpenLineage metadata of a task: the datasets that it reads and writes, their columns and statistics.

Used only where the OpenLineage provider is installed; everything else works without it. This module never queries the
warehouse: lineage must not delay a task that has done its work.

Datasets are named as in the Amazon provider and the specification (OpenLineage, "Naming Conventions"), so that metadata
from other tools on the same table refers to the same dataset. A run's staging table has the name of its template, and
S3 objects have the name of their prefix or key pattern; otherwise every run would add new datasets.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Optional. This module must be importable without it: Airflow imports every file of a plugins folder that has no
# .airflowignore. Operators detect that it is missing when they import OperatorLineage from here.
with suppress(ImportError):
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import (
        column_lineage_dataset,
        input_statistics_input_dataset,
        output_statistics_output_dataset,
    )
    from openlineage.common.sql import parse

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    from redshift_elt.staging.staging_result import Staged

__all__ = [
    "DatasetNamespace",
    "OperatorLineage",
    "input_datasets",
    "output_dataset",
    "s3_dataset",
    "tables_and_columns",
]

log = logging.getLogger(__name__)

# The schema of unqualified tables. A different search_path is not taken into account.
_SCHEMA = "public"
# See redshift_elt.run.names.suffix.
_RUN_SUFFIX = re.compile(r"__[0-9a-f]{12}$")

# The source columns of each column, by its name: pairs of table and column.
Columns = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class DatasetNamespace:
    """The namespace of a warehouse's datasets.

    :param namespace: such as ``redshift://cluster.region:5439``.
    :param database: the name of the database; None if the connection names none.
    """

    namespace: str
    database: str | None

    @classmethod
    def of(cls, hook: DbApiHook) -> DatasetNamespace:
        """Return the namespace of the warehouse that a hook connects to."""
        info: Any = hook.get_openlineage_database_info(hook.get_connection(hook.get_conn_id()))
        return cls(f"{info.scheme}://{info.authority}", info.database)

    def name(self, table: str) -> str:
        """Return the dataset name of a table, such as ``dev.public.orders``."""
        schema, _, bare = table.rpartition(".")
        return ".".join(part for part in (self.database, schema or _SCHEMA, _RUN_SUFFIX.sub("", bare)) if part)


def s3_dataset(bucket: str, location: str, staged: Staged | None) -> InputDataset:
    """Return the dataset of S3 objects.

    :param location: their prefix or key pattern.
    :param staged: what was read from them; None if nothing was read yet.
    """
    facets: dict[str, Any] = {}
    if staged is not None:
        facets["inputStatistics"] = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=staged.read, size=staged.size, fileCount=staged.objects
        )
    return InputDataset(namespace=f"s3://{bucket}", name=location.strip("/") or "/", inputFacets=facets)


def input_datasets(namespace: DatasetNamespace, tables: Iterable[str]) -> list[InputDataset]:
    """Return the datasets of the tables that a task reads, without duplicates."""
    return [InputDataset(namespace.namespace, name) for name in sorted({namespace.name(table) for table in tables})]


def output_dataset(
    namespace: DatasetNamespace, table: str, rows: int | None = None, columns: Columns | None = None
) -> OutputDataset:
    """Return the dataset of a table that a task writes.

    :param rows: the number of rows written; None if unknown.
    :param columns: the source columns of its columns.
    """
    dataset = OutputDataset(namespace.namespace, namespace.name(table))
    if rows is not None:
        dataset.outputFacets = {
            "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        }
    if columns:
        dataset.facets = {
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
                fields={name: _fields(namespace, origins) for name, origins in columns.items()}
            )
        }
    return dataset


def tables_and_columns(sql: str, temporary: Collection[str] = ()) -> tuple[set[str], dict[str, list[tuple[str, str]]]]:
    """Return the tables that a statement reads, and the source columns of each column that it returns.

    Whatever OpenLineage's parser does not understand is left out: a statement that it cannot parse returns nothing, and
    a column is included only if all its sources are columns of tables. Columns of a subquery with an asterisk are not.

    :param temporary: the names of the load's temporary tables, which are left out.
    """
    parsed = parse([sql], dialect="redshift", default_schema=_SCHEMA)
    if parsed is None or parsed.errors:
        log.info("OpenLineage's SQL parser cannot parse a statement; the lineage lacks its columns.")
        log.debug("%s", parsed.errors if parsed else sql)
        return set(), {}
    tables = {f"{table.schema}.{table.name}" for table in parsed.in_tables if table.name not in temporary}
    columns = {}
    for column in parsed.column_lineage:
        # A source without a table, or with an alias instead of one, does not match any of the tables.
        origins = [
            (f"{source.origin.schema or _SCHEMA}.{source.origin.name}", source.name)
            for source in column.lineage
            if source.origin
        ]
        if origins and len(origins) == len(column.lineage) and {table for table, _ in origins} <= tables:
            columns[column.descendant.name] = sorted(origins)
    return tables, columns


def _fields(namespace: DatasetNamespace, origins: Sequence[tuple[str, str]]) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(
        inputFields=[
            column_lineage_dataset.InputField(namespace=namespace.namespace, name=namespace.name(table), field=column)
            for table, column in origins
        ]
    )
