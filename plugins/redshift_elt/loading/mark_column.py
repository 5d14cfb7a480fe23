"""The column of a target that marks rows as deleted, instead of deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns

# The type OID of BOOLEAN in the result descriptions of every driver.
_BOOLEAN = 16


def refuse_wrong_mark(mark: str, columns: Columns, table: str, strategy: str) -> None:
    """Fail if the column for the mark is not of the type BOOLEAN.

    :param columns: the columns of the target.
    :param strategy: the class with the argument ``mark``.
    :raises AirflowFailException: see above.
    """
    if columns.types[mark] != _BOOLEAN:
        raise AirflowFailException(
            f"The column {mark} of {table}, which marks deleted rows, is not of the type BOOLEAN. Nothing was loaded. "
            f"Add such a column (alter table {table} add column ... boolean default false), or name it as the mark of "
            f"{strategy}."
        )
