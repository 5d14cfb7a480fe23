"""One load of one target: what all strategies work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.loading.written_columns import Beside, Described, LoadColumns, described, written_of
from redshift_elt.run.period import Calendar
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import numbered, render

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.connection.session import Session
    from redshift_elt.loading.phases import Phases
    from redshift_elt.run.intervals import Interval
    from redshift_elt.run.window import Window
    from redshift_elt.staging.objects_read import ObjectsRead


@dataclass(frozen=True)
class Target:
    """A table that a load writes.

    :param table: ``table`` in the schema ``public``, or ``schema.table``.
    :param key: the columns that identify a row; never null.
    :param select: a SELECT that yields columns of the table by name.
    """

    table: str
    key: tuple[str, ...]
    select: str


@dataclass(frozen=True)
class TargetLoad:
    """A load of a target, in the caller's transaction and under the target's lock.

    :param window: the window that the run is responsible for.
    :param phases: the clock of the load.
    :param replace: whether the rows of the SELECT replace those of the target with the same key, because an object
        that was loaded before has changed. Otherwise they compete with them.
    :param written: the columns of the target that the load writes, if they are not those that the SELECT yields.
    :param sources: what the run has read from the sources without a ledger.
    :param keep_missing: whether a full load keeps rows that are not staged, because objects that were loaded before
        are missing.
    :param has_placeholders: whether loads of facts insert placeholders into the target, which a full load keeps.
    :param audit: the values of the audit columns, see :class:`.audit_columns.AuditColumns`.
    :param definition: what the rows follow from besides the objects, see :mod:`.definition`.
    :param overwrites_window: whether the load deletes unstaged rows of its window and of the windows that were loaded
        before in the periods that its run has read.
    :param compares_whole_periods: whether a load that overwrites its window compares all windows that were loaded
        before, even if no object has changed.
    """

    session: Session
    target: Target
    window: Window
    phases: Phases
    replace: bool = False
    written: Columns | None = None
    sources: tuple[ObjectsRead, ...] = ()
    keep_missing: bool = False
    has_placeholders: bool = False
    audit: Mapping[str, object] = field(default_factory=dict)
    definition: str = ""
    overwrites_window: bool = False
    compares_whole_periods: bool = False

    @cached_property
    def columns(self) -> Columns:
        """The columns of the target that the load writes and compares: all but the audit columns."""
        return self.written or self.written_columns()

    @property
    def stored(self) -> Columns:
        """The columns of the rows that the load is about to write: the audit columns follow the others."""
        return self.columns.followed_by(self.audit)

    def written_columns(self, computed: Sequence[str] = (), read: Sequence[str] = ()) -> Columns:
        """Return the columns of the target that the SELECT yields or that the strategy computes.

        See :func:`.written_columns.written_of`. The audit columns are checked, but not among them.
        """
        table, described = self.target.table, self.described
        of_load = LoadColumns(computed=(*computed, *self.audit), read=read)
        return written_of(self.session, table, described.tables[0], described.yielded, of_load).without(self.audit)

    @cached_property
    def described(self) -> Described:
        """The columns of the target and of the SELECT, and the history of a load that overwrites its window."""
        return self.describe(self.target.table)

    def describe(self, *tables: str) -> Described:
        """Return the columns of some tables and of the SELECT, and the history of a load that overwrites its window.

        The history has the windows in the reach that the target has been loaded for, and the periods of which it has
        all rows, see ``loaded_windows.sql``.
        """
        beside = None
        if self.overwrites_window and self.reach is not None:
            first, last = self.reach
            values = {"target": target_name(self.target.table), "first": first, "last": last}
            beside = Beside(self.render("loaded_windows.sql"), values)
        return described(self.session, self.target.select, tables, beside)

    @property
    def temporary(self) -> TemporaryTables:
        """The temporary tables of the target."""
        return TemporaryTables(self.target.table)

    @property
    def reach(self) -> Interval | None:
        """The time that the run has read completely from all sources; None if that is its window alone.

        It is the window if the keys of a source do not show which event times it has.
        """
        dated = [source.calendar for source in self.sources if source.pattern]
        if self.window.full or not dated or len(dated) < len(self.sources):
            return None
        return self.window.reach(dated)

    @property
    def calendars(self) -> list[Calendar]:
        """The different divisions of time into periods of the sources, each once."""
        return list(dict.fromkeys(source.calendar for source in self.sources)) or [Calendar("day")]

    def render(self, template: str, **names: Any) -> str:
        """Return a statement of the folder ``sql/load``.

        :param names: what the template refers to, besides ``target`` and ``key``.
        """
        return render(f"load/{template}", target=self.target.table, key=self.target.key, **names)

    def execute(self, template: str, values: Mapping[str, object] | None = None, **names: Any) -> int:
        """Send a statement and return how many rows it wrote; see :meth:`render`."""
        return self.session.execute(self.render(template, **names), values or {})

    def fetch_row(self, template: str, values: Mapping[str, object] | None = None, **names: Any) -> tuple[Any, ...]:
        """Send a query and return its only row; see :meth:`render`."""
        [row] = self.session.fetch(self.render(template, **names), values or {})
        return row

    def create_temporary(self, name: str, like: str, columns: Columns) -> None:
        """Create a temporary table with the columns of another table that the load writes."""
        template = "create_temporary_of_columns.sql" if columns.left_out else "create_temporary.sql"
        self.session.execute(render(f"table/{template}", name=name, like=like, columns=columns))

    def analyze(self, name: str) -> None:
        """Collect the statistics of a temporary table that was filled by INSERT and is joined with permanent ones."""
        self.session.execute(render("table/analyze.sql", name=name))

    def set_audit_values(self, rows: str) -> None:
        """Set the audit columns of rows that are about to be written.

        :param rows: the temporary table of the rows, with the columns :attr:`stored`.
        """
        if self.audit:
            self.execute("set_audit_values.sql", numbered([self.audit]), rows=rows, audit=self.audit)

    def check_fresh_keys(self) -> None:
        """Make sure that no fresh row of the target has a null in its key.

        :raises AirflowFailException: there are such rows.
        """
        (count,) = self.fetch_row("count_null_keys.sql", temporary=self.temporary)
        self.refuse_null_keys(count)

    def refuse_null_keys(self, count: int) -> None:
        """Fail if fresh rows have a null in their key.

        :param count: the number of such rows.
        :raises AirflowFailException: it is not 0.
        """
        if count:
            raise AirflowFailException(
                f"{count:,} staged rows have a null in the key of {self.target.table} ({', '.join(self.target.key)}). "
                "Nothing was loaded. Exclude such rows in the SELECT, or correct key or the file."
            )
