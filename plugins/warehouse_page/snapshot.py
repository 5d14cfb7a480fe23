"""A snapshot of the warehouse, read with few statements in one connection, and cached for half a minute."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowNotFoundException

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.session import Session
from redshift_elt.connection.session_limits import SessionLimits, StatementTimeoutError
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.run.clock import now
from redshift_elt.run.window import FULL_LOAD
from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import Templates, render
from warehouse_page.cached import Cached
from warehouse_page.hours import CoveredInterval
from warehouse_page.month import Month, earliest, latest
from warehouse_page.settings import PageSettings

log = logging.getLogger(__name__)

_PAGE_SQL = Templates(Path(__file__).with_name("sql"))

Row = tuple[Any, ...]

SNAPSHOT_SECONDS = 30
_CACHED_MONTHS = 24
# Requests for other months wait in a queue; a longer queue would keep everybody waiting.
_MAX_PENDING = 8
_BUSY = "Too many months are being read at the moment. Try again in a few seconds."
# Somebody is waiting for the page.
_LIMITS = SessionLimits(statement_timeout=10)
# A change of the Airflow connection takes effect within this time.
CLIENT_SECONDS = 300
_REQUIRED_TABLES = ("loads", "check_results", "rejects", "schema_drift")


class WarehouseUnreadableError(Exception):
    """The warehouse cannot be read. The message is shown on the page."""


@dataclass(frozen=True)
class Table:
    """A target. Times are UTC without a time zone.

    :param rows: None if the table does not exist or may not be read.
    :param reaches: the end of the latest window that it was loaded for; None if there were only full loads.
    :param rebuilt_at: when its last full load began.
    :param newest: its latest event time; only for the fact table.
    """

    name: str
    rows: int | None
    loaded_at: datetime
    reaches: datetime | None
    rebuilt_at: datetime | None
    newest: datetime | None


@dataclass(frozen=True)
class Snapshot:
    """The warehouse at one moment. Times are UTC without a time zone.

    The fields without a description have the rows of the statement of the same name.

    :param month: the month of ``rows_by_hour``, ``covered`` and ``checks_by_day``.
    :param read_at: when it was read.
    :param data_start: the start of the earliest window, or the earliest event in the fact table.
    :param data_end: the end of the latest window, or the latest event.
    :param rows_by_hour: the number of rows in the fact table by the start of the hour; hours without rows are missing.
    :param covered: the intervals that the fact table was loaded for.
    :param checks_now: the rows of ``check/last_results.sql`` in :mod:`redshift_elt.sql`.
    :param rejects_count: the number of all rejects.
    """

    month: Month
    read_at: datetime
    data_start: datetime | None
    data_end: datetime | None
    tables: list[Table]
    loads: list[Row] = field(default_factory=list)
    rows_by_hour: dict[datetime, int] = field(default_factory=dict)
    covered: list[CoveredInterval] = field(default_factory=list)
    checks_by_day: list[Row] = field(default_factory=list)
    checks_now: list[Row] = field(default_factory=list)
    checks_not_passed: list[Row] = field(default_factory=list)
    rejects: list[Row] = field(default_factory=list)
    rejects_count: int = 0
    drift: list[Row] = field(default_factory=list)


class SnapshotReader:
    """Reads snapshots of the warehouse and caches them.

    Concurrent requests share one read: the others wait for its result without holding a thread. Results are cached for
    :data:`SNAPSHOT_SECONDS`, failures too. The amount of data read does not grow with the history.

    :param settings: the settings of the page.
    """

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        # Not Airflow's own threads: a warehouse that does not answer must not block the rest of the UI.
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="warehouse-page")
        self._lock = Lock()
        self._snapshots: dict[Month | None, tuple[float, Future[Snapshot]]] = {}
        # A new hook reads the Airflow connection and creates AWS clients, which takes longer than all statements.
        self._hook = Cached(lambda: warehouse_hook(settings.conn_id, settings.aws_conn_id), CLIENT_SECONDS)

    def snapshot(self, month: Month | None, loads_since: datetime) -> Future[Snapshot]:
        """Return a future of the snapshot.

        :param month: the month to show; None: the last month with rows in the fact table.
        :param loads_since: earlier loads are left out; UTC without a time zone.
        :raises WarehouseUnreadableError: through the future.
        """
        with self._lock:
            requested_at, snapshot = self._snapshots.get(month, (0.0, None))
            if snapshot is None or (snapshot.done() and monotonic() - requested_at > SNAPSHOT_SECONDS):
                if sum(not cached.done() for _, cached in self._snapshots.values()) >= _MAX_PENDING:
                    snapshot = Future()
                    snapshot.set_exception(WarehouseUnreadableError(_BUSY))
                    return snapshot
                snapshot = self._pool.submit(self._read, month, loads_since)
                self._snapshots.pop(month, None)
                while len(self._snapshots) >= _CACHED_MONTHS:
                    self._snapshots.pop(next(iter(self._snapshots)))
                self._snapshots[month] = monotonic(), snapshot
            return snapshot

    def _read(self, month: Month | None, loads_since: datetime) -> Snapshot:
        settings = self._settings
        try:
            return in_transaction(
                self._hook.get(),
                lambda session: read_snapshot(session, settings, month, loads_since),
                read_only=True,
                limits=_LIMITS,
            )
        except WarehouseUnreadableError:
            raise
        except Exception as error:
            log.warning("The page cannot read the warehouse.", exc_info=True)
            self._hook.clear()
            raise WarehouseUnreadableError(_why(error, settings.conn_id)) from error


def read_snapshot(session: Session, settings: PageSettings, month: Month | None, loads_since: datetime) -> Snapshot:
    """Read everything that the page shows, in the caller's transaction.

    :raises WarehouseUnreadableError: the bookkeeping tables do not exist.
    """
    values: dict[str, object] = {"dag_id": settings.dag_id, "loads_since": loads_since}

    def fetch(template: str, **names: Any) -> list[Row]:
        return session.fetch(_PAGE_SQL.render(template, **names), values)

    listed = fetch("tables.sql")
    bookkeeping = bookkeeping_schema()
    if missing := [name for name in _REQUIRED_TABLES if (bookkeeping, name) not in listed]:
        raise WarehouseUnreadableError(
            f"The warehouse has no table {' and no '.join(f'{bookkeeping}.{name}' for name in missing)} that this "
            "connection may read. Create the tables first."
        )
    existing = _qualified_names(row for row in listed if row[0] != bookkeeping)
    targets = fetch("targets.sql")
    fact_name = target_name(settings.fact_table)
    fact = settings.fact_table if fact_name in existing else None
    names = {"fact": fact, "time_column": settings.time_column}
    first, last = fetch("time_range.sql", **names)[0] if fact else (None, None)
    data_start = earliest([first, *(target[2] for target in targets)])
    data_end = latest([last, *(target[3] for target in targets)])
    read_at = now()
    # The month with the latest data: schedules keep running after data stops arriving.
    month = month or Month.of(last or data_start or read_at)
    values |= {"target": fact_name, "month_start": month.start, "month_end": month.end}
    values["full_load_end"] = FULL_LOAD.bounds[1]
    counted = [existing[name] for name, *_ in targets if name in existing]
    counts: dict[str, int] = dict(fetch("count_rows.sql", tables=counted)) if counted else {}
    return Snapshot(
        month=month,
        read_at=read_at,
        data_start=data_start,
        data_end=data_end,
        tables=[
            Table(
                name=name,
                rows=counts.get(existing.get(name, "")),
                loaded_at=loaded_at,
                reaches=reaches,
                rebuilt_at=rebuilt_at,
                newest=last if name == fact_name else None,
            )
            for name, loaded_at, _, reaches, rebuilt_at in targets
        ],
        loads=fetch("loads.sql"),
        rows_by_hour=dict(fetch("rows_by_hour.sql", **names) if fact else ()),
        covered=[
            # A full load covers everything up to its start.
            CoveredInterval(start, started_at if full_load else end)
            for start, end, full_load, started_at in fetch("covered.sql")
        ],
        checks_by_day=fetch("checks_by_day.sql"),
        checks_now=session.fetch(render("check/last_results.sql"), values),
        checks_not_passed=fetch("checks_not_passed.sql"),
        rejects=fetch("rejects.sql"),
        rejects_count=fetch("count_rejects.sql")[0][0],
        drift=fetch("drift.sql"),
    )


def _qualified_names(listed: Iterable[Row]) -> dict[str, str]:
    """Return ``schema.table`` of each table by its name in the history of loads."""
    tables = [f"{schema}.{name}" for schema, name in listed]
    # A name that a load would refuse cannot be a target.
    return {target_name(name): name for name in tables if _is_target(name)}


def _is_target(name: str) -> bool:
    """Whether a load accepts this name of a table."""
    try:
        target_name(name)
    except ValueError:
        return False
    return True


def _why(error: Exception, conn_id: str) -> str:
    """Return why the warehouse cannot be read, with the message that a loading task would have."""
    if isinstance(error, AirflowNotFoundException):
        return f"There is no Airflow connection {conn_id!r}. Create one that names the warehouse."
    if isinstance(error, StatementTimeoutError):
        return (
            f"The warehouse cancelled a query of the page after {_LIMITS.statement_timeout} seconds. The time includes "
            "waiting in a queue and for other sessions: SYS_QUERY_HISTORY shows which. Reload the page later."
        )
    if isinstance(error, AirflowException):
        return str(error)
    if server_error := ServerError.of(error):
        return f"The warehouse refused a query: {server_error.message}."
    return f"The warehouse cannot be read ({type(error).__name__}). See the log of the API server."
