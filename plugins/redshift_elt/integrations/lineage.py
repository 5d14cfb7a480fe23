"""What a task read and wrote, as OpenLineage tells it: datasets, columns, numbers.

For use only where the OpenLineage provider is installed; everything else works without it. Nothing here asks the
warehouse: a task that has done its work is not held up by a statement for its lineage.

A dataset is named as the Amazon provider and the specification name it (OpenLineage, "Naming Conventions"), so that
what other tools tell of the same table comes together with it. A run's own staging table bears the name of the
permanent one that it is made like, and S3 objects that of their prefix or key pattern: a lineage that grew by some
datasets with each hour would tell nobody anything.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Optional. This module must be importable without it: Airflow imports every file of a plugins folder that has no
# .airflowignore. Operators notice that it is missing when they import OperatorLineage from here.
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

    from redshift_elt.staging.staged import Staged

__all__ = ["OperatorLineage", "Place", "objects", "read", "reads", "written"]

log = logging.getLogger(__name__)

# Where a table is that is named without a schema. A search_path that says otherwise is not asked for.
_SCHEMA = "public"
# See redshift_elt.run.names.suffix.
_OF_RUN = re.compile(r"__[0-9a-f]{12}$")

# The columns that a column comes from, by its name: table and column of each.
Columns = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Place:
    """Where tables are.

    :param namespace: such as ``redshift://cluster.region:5439``.
    :param database: the database's name; None: the connection names none.
    """

    namespace: str
    database: str | None

    @classmethod
    def of(cls, hook: DbApiHook) -> Place:
        """Return the place that a hook's connection leads to."""
        info: Any = hook.get_openlineage_database_info(hook.get_connection(hook.get_conn_id()))
        return cls(f"{info.scheme}://{info.authority}", info.database)

    def name(self, table: str) -> str:
        """Return the name of a table's dataset, such as ``dev.public.orders``."""
        schema, _, bare = table.rpartition(".")
        return ".".join(part for part in (self.database, schema or _SCHEMA, _OF_RUN.sub("", bare)) if part)


def objects(bucket: str, where: str, staged: Staged | None) -> InputDataset:
    """Return the dataset of S3 objects.

    :param where: their prefix, or the pattern of their keys.
    :param staged: what was read of them; None while nothing is known.
    """
    facets: dict[str, Any] = {}
    if staged is not None:
        facets["inputStatistics"] = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=staged.read, size=staged.size, fileCount=staged.objects
        )
    return InputDataset(namespace=f"s3://{bucket}", name=where.strip("/") or "/", inputFacets=facets)


def read(place: Place, tables: Iterable[str]) -> list[InputDataset]:
    """Return the datasets of tables that were read, each once."""
    return [InputDataset(place.namespace, name) for name in sorted({place.name(table) for table in tables})]


def written(place: Place, table: str, rows: int | None = None, columns: Columns | None = None) -> OutputDataset:
    """Return the dataset of a table that was written.

    :param rows: how many rows were written; None: that is not known.
    :param columns: what each of its columns comes from.
    """
    dataset = OutputDataset(place.namespace, place.name(table))
    if rows is not None:
        dataset.outputFacets = {
            "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        }
    if columns:
        dataset.facets = {
            "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
                fields={name: _fields(place, origins) for name, origins in columns.items()}
            )
        }
    return dataset


def reads(sql: str, own: Collection[str] = ()) -> tuple[set[str], dict[str, list[tuple[str, str]]]]:
    """Return the tables that a statement reads, and what each of the columns that it yields comes from.

    What the parser of OpenLineage does not understand is left out: a statement that it cannot read yields nothing, and
    a column is named only if everything that it comes from is a column of a table. So the columns of a subquery with
    an asterisk are not.

    :param own: the names of tables that the load makes for itself, such as a temporary one.
    """
    told = parse([sql], dialect="redshift", default_schema=_SCHEMA)
    if told is None or told.errors:
        log.info("The SQL parser of OpenLineage cannot read a statement; the lineage has no columns from it.")
        log.debug("%s", told.errors if told else sql)
        return set(), {}
    tables = {f"{table.schema}.{table.name}" for table in told.in_tables if table.name not in own}
    columns = {}
    for column in told.column_lineage:
        # What has no table, or an alias in its place, is not one of these.
        origins = [
            (f"{one.origin.schema or _SCHEMA}.{one.origin.name}", one.name) for one in column.lineage if one.origin
        ]
        if origins and len(origins) == len(column.lineage) and {table for table, _ in origins} <= tables:
            columns[column.descendant.name] = sorted(origins)
    return tables, columns


def _fields(place: Place, origins: Sequence[tuple[str, str]]) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(
        inputFields=[
            column_lineage_dataset.InputField(namespace=place.namespace, name=place.name(table), field=column)
            for table, column in origins
        ]
    )
