"""The measurements for one length of the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from bench.history import History, Object
from bench.meter import SCHEMAS, Cost, Meter
from tests.support.warehouse import BUCKET, WarehouseUnderTest

FULL = "a full load of the whole history"
FIRST = "the first hour of a day, which lists the catalogue"
NEW = "hours with new events"
REPEATED = "the same hours again, nothing new"
SONG = "an hour by hand, with one new song"

_HOUR = timedelta(hours=1)
_THREADS = 8
_PLAYED = "select count(*) from songplays where song_id = 'SOMISSING'"


class Bench:
    """A warehouse whose history grows from one call of :meth:`measure` to the next.

    :param database: an administrator's connection to the cluster's database, behind the endpoint.
    :param hours: how many hours to run; their costs are added up.
    """

    def __init__(
        self,
        warehouse: WarehouseUnderTest,
        history: History,
        database: psycopg.Connection[tuple[Any, ...]],
        hours: int,
    ) -> None:
        self._warehouse = warehouse
        self._history = history
        self._database = database
        self._meter = Meter(database)
        self._hours = history.busiest_hours(hours + 1)
        self._length = 0
        self._put([history.paths()])

    def warm_up(self, show: Callable[[str], None]) -> None:
        """Load a history of one day, so that no measurement includes one-time costs."""
        self._lengthen(1, show)
        show("full load")
        self._warehouse.run(full_load=True).complete()

    def measure(self, length: int, show: Callable[[str], None]) -> dict[str, Cost]:
        """Extend the history to this length, load it, and return the cost of each kind of run.

        :param length: days of events, and copies of the catalogue, before the day that is measured.
        :param show: called with the current step, as text.
        """
        self._empty()
        self._lengthen(length, show)
        show("full load")
        with self._meter.measure() as full:
            self._warehouse.run(full_load=True).complete()
        self._database.execute("analyze")
        show("hours")
        begin, *hours = self._hours
        self._let_a_day_pass()
        first = self._new_hour(begin)
        self._record_history(24 * length)
        self._database.execute("analyze")
        new = [self._new_hour(hour) for hour in hours]
        repeated = [self._hour(hour) for hour in hours]
        show("one song")
        self._put([self._history.missing_song()])
        song = self._hour(hours[0], run_type="manual")
        [(played,)] = self._warehouse.query(_PLAYED)
        if played < length:
            raise RuntimeError(
                f"expected the new song to match a play on each of {length} days, but it matched {played}"
            )
        return {FULL: full, FIRST: first, NEW: sum(new, Cost()), REPEATED: sum(repeated, Cost()), SONG: song}

    def _new_hour(self, start: datetime) -> Cost:
        self._put([self._history.day_until(start + _HOUR)])
        return self._hour(start)

    def _hour(self, start: datetime, run_type: str = "scheduled") -> Cost:
        run = self._warehouse.run(start.isoformat(), (start + _HOUR).isoformat(), run_type)
        with self._meter.measure() as cost:
            run.complete()
        return cost

    def _lengthen(self, length: int, show: Callable[[str], None]) -> None:
        copies = range(self._length, length)
        songs = [song for copy in copies for song in self._history.songs(copy)]
        show(f"uploading {len(songs) + len(copies):,} objects")
        self._put([*songs, *(self._history.day(ago=copy + 1) for copy in copies)])
        self._length = length

    def _put(self, objects: Iterable[Object]) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda item: self._warehouse.put(*item), objects))

    def _empty(self) -> None:
        """Empty the warehouse, and delete the objects that the next full load must not find."""
        for key, _ in (self._history.day(), self._history.missing_song()):
            self._warehouse.s3.delete_object(Bucket=BUCKET, Key=key)
        for schema, table in self._database.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) and tablename <> 'schema_versions'",
            (list(SCHEMAS),),
        ).fetchall():
            self._database.execute(sql.SQL("truncate {}").format(sql.Identifier(schema, table)))

    def _let_a_day_pass(self) -> None:
        """Age the ledger by a day, so that the next run lists the catalogue."""
        self._database.execute("update etl.listings set listed_at = listed_at - interval '1 day'")

    def _record_history(self, hours: int) -> None:
        """Add the bookkeeping rows of this many hourly runs before the existing one."""
        for name in ("loads", "check_results"):
            columns = self._database.execute(
                "select column_name, data_type from information_schema.columns "
                "where table_schema = 'etl' and table_name = %s",
                (name,),
            ).fetchall()
            written = sql.SQL(", ").join(_hours_before(column, kind) for column, kind in columns)
            self._database.execute(
                sql.SQL(
                    "insert into {table} ({columns}) select {written} from {table}, generate_series(1, {hours}) as hour"
                    " where window_end < timestamp '9999-01-01'"
                ).format(
                    table=sql.Identifier("etl", name),
                    columns=sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
                    written=written,
                    hours=hours,
                )
            )


def _hours_before(column: str, kind: str) -> sql.Composable:
    if kind.startswith("timestamp"):
        return sql.SQL("{} - hour * interval '1 hour'").format(sql.Identifier(column))
    if column == "run_id":
        return sql.SQL("{} || '-' || hour").format(sql.Identifier(column))
    return sql.Identifier(column)
