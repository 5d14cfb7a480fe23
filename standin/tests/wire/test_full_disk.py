"""A full disk: Redshift's error message, and the state of the transaction."""

from __future__ import annotations

import psycopg
import pytest

from standin_support.full_disk import full_disk_for, needs_limits

pytestmark = needs_limits


@pytest.fixture
def client(endpoint):
    connection = endpoint.psycopg()
    connection.execute("create table filled (a integer)")
    connection.execute("insert into filled values (1)")
    connection.commit()
    return connection


# More columns than fit into the pages that the catalog already has.
WIDE = f"create table another ({', '.join(f'c{number} integer' for number in range(800))})"


@pytest.mark.parametrize(
    "statement",
    [WIDE, "insert into empty values (1)", "insert into roomless select * from filled"],
    ids=["create table", "insert", "insert from another"],
)
def test_full_disk_is_redshift_error_1016(client, statement):
    client.execute("create table empty (a integer)")
    client.execute("create temporary table roomless (a integer)")
    with pytest.raises(psycopg.errors.InternalError_) as refused, full_disk_for(client.info.backend_pid):
        client.execute(statement)
    assert refused.value.sqlstate == "XX000"
    assert refused.value.diag.message_primary == "Disk Full"
    assert "code:      1016" in refused.value.diag.message_detail
    client.rollback()
    assert client.execute("select * from filled").fetchall() == [(1,)]
