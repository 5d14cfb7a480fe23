"""``python -m bench.memory [NUMBER ...] [--rejects NUMBER ...]``: the memory of staging many objects and many rejects.

Each measurement is a process of its own, whose peak memory the operating system reports. A listing of a million objects
is generated as S3 would answer it; everything else is real: the tables, the ledger, COPY, and the object with rejects.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench.new_stack import on_new_stack
from local.datagen import Options, generate
from local.settings import ROOT
from local.stack.environment import CLUSTER, DATABASE
from local.stack.progress import Progress
from local.stack.report import print_table
from redshift_standin.engine.databases import database_name

if TYPE_CHECKING:
    from local.stack.stack import Stack

OBJECTS = (1_000, 100_000, 1_000_000)
# The second one is the largest number that COPY allows.
REJECTS = (1, 99_999)
EVENTS_KEY = "log_data/2018/11/2018-11-01-events.json"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")

_LISTED, _REJECTED = "listed", "rejected"
_PAGE = 1_000
_ETAG = "99914b932bd37a50b983c5e7c90ae93b"
_KEY = "song_data/%09d.json"
_LOADED = """\
insert into etl.loaded_files (target, bucket, object_key, etag, size_bytes, modified_at, loaded_at)
select target, %(bucket)s, 'song_data/' || to_char(number, 'fm000000000') || '.json', %(etag)s, 2, now(), now()
from generate_series(0, %(last)s) as numbers (number)
cross join unnest(%(targets)s::text[]) as targets (target)
"""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", type=int, default=OBJECTS, help="numbers of objects that S3 lists")
    parser.add_argument("--rejects", nargs="+", type=int, default=REJECTS, help="numbers of records that COPY rejects")
    parser.add_argument("--measure", choices=[_LISTED, _REJECTED], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        _measure_here(options.measure, options.numbers[0])
        return 0
    return on_new_stack(
        lambda stack, folder, progress: _measure(stack, folder, progress, options.numbers, options.rejects)
    )


def _measure(stack: Stack, folder: Path, progress: Progress, objects: Sequence[int], rejects: Sequence[int]) -> None:
    # Imported late: Airflow reads its configuration from the environment on import, and new_stack sets it first.
    from tests.support.new_warehouse import new_warehouse
    from tests.support.warehouse import BUCKET

    parameters = stack.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
    rows = []
    with new_warehouse(stack) as warehouse, psycopg.connect(**parameters, autocommit=True) as database:
        generate(folder / "data", Options(days=1, users=1, songs=1))
        warehouse.upload(folder / "data")
        events = (folder / "data" / EVENTS_KEY).read_bytes()
        for number in objects:
            with progress.step(f"Staging a source of {number:,} objects, all of them loaded before"):
                database.execute("truncate etl.loaded_files")
                values = {"bucket": BUCKET, "etag": _ETAG, "last": number - 1, "targets": ["songs", "artists"]}
                database.execute(_LOADED, values)
                database.execute("analyze etl.loaded_files")
                rows.append((f"{number:,} objects, loaded before", *_in_a_process(_LISTED, number)))
        for number in rejects:
            with progress.step(f"Staging an object with {number:,} rejected records"):
                warehouse.put(EVENTS_KEY, _with_rejects(events, number))
                rows.append((f"rejected records: {number:,}", *_in_a_process(_REJECTED, number)))
    print_table(progress.console, "The memory of a staging task", ["what is staged", "peak memory", "time"], rows)


def _in_a_process(kind: str, number: int) -> tuple[str, str]:
    """Return the peak memory and the time of a task in a new process."""
    command = [sys.executable, "-m", "bench.memory", "--measure", kind, str(number)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    measured = json.loads(done.stdout.splitlines()[-1])
    return f"{measured['kilobytes'] / 1024:,.0f} MB", f"{measured['seconds']:.0f} s"


def _measure_here(kind: str, number: int) -> None:
    sys.path.append(str(ROOT / "plugins"))
    import boto3

    from tests.support.warehouse import WarehouseUnderTest

    warehouse = WarehouseUnderTest(boto3.client("s3"))
    began = time.monotonic()
    if kind == _LISTED:
        _list_objects(number)
        staged = warehouse.run(*DAY).execute("stage_songs")
        expected = 0
    else:
        staged = warehouse.run(*DAY, max_rejects=number).execute("stage_events")
        expected = 1
    seconds = time.monotonic() - began
    if staged["objects"] != expected:
        raise RuntimeError(f"The measured task has staged {staged}.")
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"\n{json.dumps({'kilobytes': kilobytes, 'seconds': seconds})}\n")


def _list_objects(number: int) -> None:
    """Answer requests for the listing of the songs in this process, as S3 does, a page at a time."""
    import botocore.client

    call = botocore.client.BaseClient._make_api_call

    def answered(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "ListObjectsV2" or arguments["Prefix"] != "song_data/":
            return call(client, operation, arguments)
        first = int(arguments.get("ContinuationToken", 0))
        last = min(first + _PAGE, number)
        page = {"KeyCount": last - first, "IsTruncated": last < number, "Contents": list(_entries(first, last))}
        return {**page, "NextContinuationToken": str(last)} if last < number else page

    botocore.client.BaseClient._make_api_call = answered


def _entries(first: int, last: int) -> Iterator[dict[str, Any]]:
    modified = datetime(2018, 11, 1, tzinfo=timezone.utc)
    for number in range(first, last):
        yield {"Key": _KEY % number, "ETag": f'"{_ETAG}"', "Size": 2, "LastModified": modified}


def _with_rejects(events: bytes, rejects: int) -> bytes:
    """Return events followed by lines that COPY rejects."""
    return b"\n".join([events.rstrip(), *(b"bad %d" % number for number in range(rejects))])


if __name__ == "__main__":
    sys.exit(main())
