"""What the warehouse tells, read with few statements in one connection, and kept for half a minute."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.ddl.migrations import SCHEMA
from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import bare, table
from redshift_elt.sql.render import Templates, render
from warehouse_page.hours import Cover
from warehouse_page.kept import Kept
from warehouse_page.month import Month, earliest, latest
from warehouse_page.settings import PageSettings

log = logging.getLogger(__name__)

_PAGE_SQL = Templates(Path(__file__).with_name("sql"))

Row = tuple[Any, ...]

KEPT_SECONDS = 30
_KEPT_MONTHS = 24
# Months that are asked for while others are read wait for these; more of them would keep everybody waiting.
_MOST_WAITING = 8
_BUSY = "Too many months are being read at the moment. Try again in some seconds."
# A connection that is corrected in Airflow is noticed within this.
CLIENT_KEPT_SECONDS = 300
_NEEDED = ("loads", "check_results", "rejects")


class WarehouseUnreadableError(Exception):
    """The warehouse cannot be read; the message is for whoever looks at the page."""


@dataclass(frozen=True)
class Table:
    """A target. Times are UTC without a zone.

    :param rows: None where the table is gone, or not to be seen.
    :param reaches: the end of the latest window that it was loaded for; None: full loads alone.
    :param rebuilt_at: when the last full load of it began.
    :param newest: its latest event time; known of the fact alone.
    """

    name: str
    rows: int | None
    loaded_at: datetime
    reaches: datetime | None
    rebuilt_at: datetime | None
    newest: datetime | None


@dataclass(frozen=True)
class Snapshot:
    """What the warehouse holds at one moment. Rows are as the statements of their names return them.

    :param month: the month of ``rows_by_hour``, ``covers`` and ``checks_by_day``.
    :param read_at: when it was read; UTC without a zone.
    :param begins: the first moment that anything was loaded for, or that the fact has.
    :param ends: the last one.
    """

    month: Month
    read_at: datetime
    begins: datetime | None
    ends: datetime | None
    tables: list[Table]
    loads: list[Row] = field(default_factory=list)
    rows_by_hour: dict[datetime, int] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    checks_by_day: list[Row] = field(default_factory=list)
    checks_now: list[Row] = field(default_factory=list)
    checks_not_passed: list[Row] = field(default_factory=list)
    rejects: list[Row] = field(default_factory=list)
    rejects_count: int = 0


class Warehouse:
    """The warehouse, as the page reads it.

    However many look at the page: one of them has it read, the others wait for the same answer without holding a
    thread, and for :data:`KEPT_SECONDS` it is not read again; neither is one that could not be read. What is read does
    not grow with the history, but for one line for each target.

    :param settings: what the page is about.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        # Not Airflow's own threads: a warehouse that does not answer must not stop the rest of the UI.
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="warehouse-page")
        self._lock = Lock()
        self._snapshots: dict[Month | None, tuple[float, Future[Snapshot]]] = {}
        # A new hook reads Airflow's connection and makes clients of AWS, which takes longer than all statements.
        self._hook = Kept(lambda: warehouse_hook(settings.conn_id, settings.aws_conn_id), CLIENT_KEPT_SECONDS)

    def snapshot(self, month: Month | None, loads_since: datetime) -> Future[Snapshot]:
        """Return what the warehouse holds, when it is there.

        :param month: the month for what is shown by the month; None: the last one that the fact has rows of.
        :param loads_since: of loads that were done before, nothing is told; UTC without a zone.
        :raises WarehouseUnreadableError: by the future.
        """
        with self._lock:
            asked_at, answer = self._snapshots.get(month, (0.0, None))
            if answer is None or (answer.done() and monotonic() - asked_at > KEPT_SECONDS):
                if sum(not kept.done() for _, kept in self._snapshots.values()) >= _MOST_WAITING:
                    answer = Future()
                    answer.set_exception(WarehouseUnreadableError(_BUSY))
                    return answer
                answer = self._pool.submit(self._read, month, loads_since)
                self._snapshots.pop(month, None)
                while len(self._snapshots) >= _KEPT_MONTHS:
                    self._snapshots.pop(next(iter(self._snapshots)))
                self._snapshots[month] = monotonic(), answer
            return answer

    def _read(self, month: Month | None, loads_since: datetime) -> Snapshot:
        settings = self._settings
        try:
            return in_transaction(
                self._hook.get(), lambda session: read(session, settings, month, loads_since), read_only=True
            )
        except WarehouseUnreadableError:
            raise
        except Exception as error:
            log.warning("The page cannot read the warehouse.", exc_info=True)
            self._hook.forget()
            raise WarehouseUnreadableError(_why(error, settings.conn_id)) from error


def read(session: Session, settings: PageSettings, month: Month | None, loads_since: datetime) -> Snapshot:
    """Read everything that the page shows of a warehouse, in the caller's transaction.

    :raises WarehouseUnreadableError: there are no tables.
    """
    values: dict[str, object] = {"dag_id": settings.dag_id, "loads_since": loads_since}

    def fetch(template: str, **names: object) -> list[Row]:
        return session.fetch(_PAGE_SQL.render(template, **names), values)

    session.execute(_PAGE_SQL.render("set_timeout.sql"))
    listed = fetch("tables.sql")
    if missing := [name for name in _NEEDED if (SCHEMA, name) not in listed]:
        raise WarehouseUnreadableError(
            f"The warehouse has no table {' and no '.join(f'{SCHEMA}.{name}' for name in missing)} that this "
            "connection may read. Create the tables first."
        )
    there = _targets(listed)
    targets = fetch("targets.sql")
    fact = settings.hours_of if settings.hours_of in {*there, *there.values()} else None
    names = {"fact": fact, "time_column": settings.time_column}
    first, last = fetch("time_range.sql", **names)[0] if fact else (None, None)
    begins = earliest([first, *(target[2] for target in targets)])
    ends = latest([last, *(target[3] for target in targets)])
    own = bare(settings.hours_of)
    read_at = now()
    # Where the data is: a schedule goes on when nothing comes any more.
    month = month or Month.of(last or begins or read_at)
    values |= {"target": own, "month_start": month.start, "month_end": month.end}
    counted = [there[name] for name, *_ in targets if name in there]
    counts: dict[str, int] = dict(fetch("count_rows.sql", tables=counted)) if counted else {}
    return Snapshot(
        month=month,
        read_at=read_at,
        begins=begins,
        ends=ends,
        tables=[
            Table(name, counts.get(there.get(name, "")), loaded_at, reaches, rebuilt_at, last if name == own else None)
            for name, loaded_at, _, reaches, rebuilt_at in targets
        ],
        loads=fetch("loads.sql"),
        rows_by_hour=dict(fetch("rows_by_hour.sql", **names) if fact else ()),
        covers=[
            # A full load takes what is there when it begins.
            Cover(start, started_at if full_load else end)
            for start, end, full_load, started_at in fetch("covers.sql")
        ],
        checks_by_day=fetch("checks_by_day.sql"),
        checks_now=session.fetch(render("check/last_results.sql"), values),
        checks_not_passed=fetch("checks_not_passed.sql"),
        rejects=fetch("rejects.sql"),
        rejects_count=fetch("count_rejects.sql")[0][0],
    )


def _targets(listed: list[Row]) -> dict[str, str]:
    """Return ``schema.table`` by the table's name, as ``etl.loads`` has it; of several the first."""
    found: dict[str, str] = {}
    for schema, name in listed:
        # What a load would refuse as a name is nobody's target.
        if schema != SCHEMA and _is_table(f"{schema}.{name}"):
            found.setdefault(name, f"{schema}.{name}")
    return found


def _is_table(name: str) -> bool:
    """Return whether a name can be that of a table that this project loads."""
    try:
        table(name)
    except ValueError:
        return False
    return True


def _why(error: Exception, conn_id: str) -> str:
    """Say in a sentence why the warehouse cannot be read, as a task that loads it would."""
    if isinstance(error, AirflowNotFoundException):
        return f"There is no Airflow connection {conn_id!r}. Make one that names the warehouse."
    if isinstance(error, AirflowException):
        return str(error)
    if told := ServerError.of(error):
        return f"The warehouse refuses a query: {told.message}."
    return f"The warehouse cannot be read ({type(error).__name__}). The log of the API server says more."
