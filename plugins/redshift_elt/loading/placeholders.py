"""Rows of a dimension that a fact needs before the dimension has them: late-arriving dimension members."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.column_defaults import column_defaults
from redshift_elt.loading.written_columns import refuse_missing
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from redshift_elt.loading.target_load import TargetLoad

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Placeholder:
    """The rows that a load of a fact inserts into a dimension for keys that the dimension does not have.

    A placeholder has the key, and null in every other column; columns that are NOT NULL get their default. The load of
    the dimension later fills the row in.

    :param dimension: the table of the dimension.
    :param columns: the columns of the fact that refer to the dimension, each with the column of the dimension's key. A
        row of the fact with a null in one of them needs no placeholder.
    """

    dimension: str
    columns: Mapping[str, str]

    def __post_init__(self) -> None:
        identifiers.table(self.dimension)
        if not self.columns:
            raise ValueError(
                f"columns of the placeholder for {self.dimension} is empty: write the column of the fact and that of "
                "the dimension's key, such as {'customer_id': 'customer_id'}."
            )
        for name in (*self.columns, *self.columns.values()):
            identifiers.identifier(name)

    @property
    def key(self) -> tuple[str, ...]:
        """The key of the dimension."""
        return tuple(self.columns.values())

    def insert(self, load: TargetLoad, latest_by: str | None = None) -> int:
        """Insert what the dimension lacks for the rows that a load has staged, and return the number of rows.

        :param load: the load of the fact, after its strategy, and under the lock of the dimension too.
        :param latest_by: the column by which the load of the dimension finds the latest row; None if not known.
        :raises AirflowFailException: the SELECT does not yield a column, or the dimension cannot have placeholders.
        """
        refuse_missing(load.columns, tuple(self.columns), load.target.table)
        inserted = load.execute(
            "insert_placeholders.sql",
            dimension=self.dimension,
            columns=self.columns,
            emptied=self._columns_to_empty(load, latest_by),
            fresh=load.temporary.fresh,
        )
        if inserted:
            log.info("%s: %s placeholder rows for keys of %s.", self.dimension, f"{inserted:,}", load.target.table)
        return inserted

    def _columns_to_empty(self, load: TargetLoad, latest_by: str | None) -> list[str]:
        """Return the nullable columns of the dimension that would get a default.

        :raises AirflowFailException: the dimension lacks a column of the key, or another column cannot be null.
        """
        found = column_defaults(load.session, self.dimension)
        if not found:
            raise AirflowFailException(
                f"{self._cannot} it does not exist. Nothing was loaded. Create the table, or correct dimension."
            )
        names = [column.name for column in found]
        others = [column for column in found if column.name not in self.key]
        lacking = [name for name in self.key if name not in names]
        required = [column.name for column in others if column.is_required]
        dated = [column.name for column in others if column.not_null and column.name == latest_by]
        if lacking:
            raise AirflowFailException(
                f"{self._cannot} it does not have {', '.join(lacking)}. Nothing was loaded. Correct columns: the "
                f"dimension has {', '.join(names)}."
            )
        if required:
            raise AirflowFailException(
                f"{self._cannot} {', '.join(required)} cannot be null and has no default. Nothing was loaded. Make the "
                "columns nullable, or give them defaults."
            )
        if dated:
            raise AirflowFailException(
                f"{self._cannot} {dated[0]}, the latest_by of its load, cannot be null, so a placeholder could win "
                "over a row of the source. Nothing was loaded. Make the column nullable."
            )
        return [column.name for column in others if column.has_default and not column.not_null]

    @property
    def _cannot(self) -> str:
        return f"{self.dimension} cannot have placeholders:"
