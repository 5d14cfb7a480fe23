"""Many concurrent clients, half of which disconnect abruptly, leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import psycopg
import pytest

from redshift_standin.engine.interfaces import CopyResult
from redshift_standin.wire.channel import Channel
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.session import Session
from standin_support.endpoint import Endpoint, free_port, open_cluster
from standin_support.waiting import wait_until

# Each client is in the middle of one of these.
WORKS = [
    b"select count(*) from crowd a, crowd b, crowd c, crowd d",
    b"begin; create temp table mine (n integer); insert into mine values (1)",
    b"begin; insert into crowd values (1)",
    b"create temp table mine (n integer); copy mine from 's3://bucket/key' iam_role default json 'auto'",
    b"select a.n from crowd a, crowd b, crowd c",
    b"insert into crowd values (2)",
]


def census(watch) -> Counter[str]:
    """Count the resources that clients use in this process and in PostgreSQL."""
    gc.collect()
    kinds = Counter(map(type, gc.get_objects()))
    counted = Counter({kind.__name__: kinds[kind] for kind in (Channel, PostgresSession, Session, asyncio.Task)})
    counted["files"] = psutil.Process().num_fds()
    counted["sessions"] = sessions(watch)
    return counted


def sessions(watch) -> int:
    """Count the clients of this database. PostgreSQL's own workers, such as autovacuum's, come and go."""
    clients = "datname = current_database() and backend_type = 'client backend'"
    return watch.execute(f"select count(*) from pg_stat_activity where {clients}").fetchone()[0]


def abandon(connection) -> None:
    """Close the socket without a Terminate message."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
    connection.close()


@pytest.mark.parametrize("number", [40, pytest.param(200, marks=pytest.mark.long("hundreds of clients at once"))])
def test_many_clients_work_at_once_and_leave_nothing_behind(endpoint, copier, number):
    ended = threading.Event()

    async def rows():
        while not ended.is_set():
            yield b"1\n"
            await asyncio.sleep(0.1)

    async def load(statement, backend):
        return CopyResult(await backend.copy_in("copy mine from stdin", rows()), ())

    copier.action = load
    endpoint.psycopg(autocommit=True).execute("create table crowd (n integer)")
    watch = endpoint.connect_to_postgres()
    watch.execute("insert into crowd select generate_series(1, 2000)")
    before = census(watch)
    with ThreadPoolExecutor(20) as pool:
        clients = list(pool.map(lambda _: psycopg.connect(**endpoint.parameters(), autocommit=True), range(number)))
        assert census(watch)["Session"] >= number
        assert list(pool.map(lambda each: each.execute("select 42").fetchone(), clients)) == [(42,)] * number
        busy, calm = clients[::2], clients[1::2]
        for client, work in zip(busy, itertools.cycle(WORKS)):
            client.pgconn.send_query(work)
        # Clients that run statements do not block the others.
        assert list(pool.map(lambda each: each.execute("select 42").fetchone(), calm)) == [(42,)] * len(calm)
    for client in busy:
        abandon(client)
    for client in calm:
        client.close()
    # A statement in autocommit mode continues without its client.
    ended.set()
    # A census takes a while: it looks at every object of this process.
    wait_until(lambda: sessions(watch) == before["sessions"], "PostgreSQL's sessions have ended")
    # There can be fewer than before, because resources of an earlier test can be released in the meantime.
    wait_until(lambda: not census(watch) - before, "nothing is left behind")


def test_client_beyond_the_limit_gets_an_error(endpoint_postgres, certificates, copier):
    settings = EndpointSettings(certificates, connections=2)
    endpoints, port = Endpoints(endpoint_postgres, settings, copier), free_port()
    open_cluster(endpoints, "crowded", port)
    endpoint = Endpoint(endpoints, endpoint_postgres, certificates, "crowded", port)
    try:
        first, _ = endpoint.psycopg(), endpoint.psycopg()
        with pytest.raises(psycopg.OperationalError, match='connection limit "2" exceeded for non-bootstrap users'):
            endpoint.psycopg()
        first.close()
        sessions = "select count(*) from pg_stat_activity where usename = 'awsuser' and datname like 'crowded%'"
        endpoint.wait_for(f"select 1 where ({sessions}) = 1")
        assert endpoint.psycopg().execute("select 42").fetchone() == (42,)
    finally:
        endpoint.close()
        endpoints.delete("crowded")
        endpoints.close()


def test_open_file_limit_is_sufficient():
    code = """
import resource
from redshift_standin.wire.open_files import allow_many_clients
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
allow_many_clients()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1200)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"True\n"
