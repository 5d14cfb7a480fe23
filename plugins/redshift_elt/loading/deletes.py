"""Rows of a source that say that a key was deleted, as change data capture writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.loading.mark_column import refuse_wrong_mark
from redshift_elt.sql.identifiers import identifier, literal

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns


@dataclass(frozen=True)
class Deletes:
    """Which rows of the SELECT delete the row of their key, and how.

    The latest row of a key by ``latest_by`` decides: if it is one that deletes, the key is deleted, otherwise it is
    not. If a row that deletes and another row have the same ``latest_by``, the key is deleted. So the order in which
    the rows arrive does not matter: after a delete, an older update does not bring the row back, and a newer one does.
    Of a row that deletes, only the key and ``latest_by`` are read; its other columns can be null. :class:`.scd2.Scd2`
    has another rule for equal times, see "Deletes in a history" in docs/guarantees.md.

    :param column: the column of the SELECT that says whether a row deletes. The target need not have it.
    :param value: the value of the column in such rows: a text, a number, or a boolean.
    :param mark: the BOOLEAN column of the target that the load sets to true in the row of a deleted key, and otherwise
        to false (soft delete). The row keeps its values, also that of ``latest_by``. Without it, the row is removed
        (hard delete).
    """

    column: str
    value: str | int | bool
    mark: str | None = None

    def __post_init__(self) -> None:
        identifier(self.column)
        if not isinstance(self.value, (str, int)):
            raise ValueError(
                f"The value of Deletes is {self.value!r}: write a text, a number or a boolean. For another condition, "
                "let the SELECT compute the column, such as: case when deleted_at is not null then 'D' end as op."
            )
        if not isinstance(self.value, bool):
            literal(self.value)
        if self.mark is not None:
            identifier(self.mark)

    @property
    def computed(self) -> tuple[str, ...]:
        """The columns of the target that the load computes."""
        return (self.mark,) if self.mark else ()

    def check_rule(self, strategy: str, latest_by: str | None) -> None:
        """Refuse a strategy whose rule for rows with the same key does not say which of them is the latest.

        :param strategy: the call without its rule, such as ``MergeRows(``.
        :raises ValueError: there is no ``latest_by``, or it is one of the columns here.
        """
        if latest_by is None or latest_by in (self.column, self.mark):
            raise ValueError(
                "deletes needs latest_by, another column: without it, an older update that arrives after a delete "
                f"would bring the row back. Write {strategy}latest_by='updated_at', deletes={self!r})."
            )

    def refuse_wrong_type(self, columns: Columns, table: str) -> None:
        """Fail if the column for the mark is not of the type BOOLEAN.

        :param columns: the columns of the target.
        :raises AirflowFailException: see above.
        """
        if self.mark:
            refuse_wrong_mark(self.mark, columns, table, "Deletes")
