"""Parsing the errors of the drivers."""

from __future__ import annotations

import psycopg
import pytest
import redshift_connector

from redshift_elt.connection.server_error import ServerError

# From a user's log (databricks/spark-redshift issue 348).
FULL = """
-----------------------------------------------
  error:  Disk Full
  code:      1016
  context:   node: 0
  query:     396648
  location:  fdisk_api.cpp:398
  process:   query0_1222 [pid=51115]
  -----------------------------------------------"""


def server_error(**fields: str) -> ServerError:
    """Parse an error as redshift_connector raises it."""
    error = ServerError.of(redshift_connector.ProgrammingError({"S": "ERROR", **fields}))
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("fields", "conflict"),
    [
        ({"C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 100, transactions"}, True),
        ({"C": "XX000", "M": "1018", "D": "Relation does not exist."}, True),
        ({"C": "XX000", "M": "could not complete because of conflict with concurrent transaction"}, True),
        ({"C": "40P01", "M": "deadlock detected"}, True),
        (
            {"C": "XX000", "M": "Load into table 'users' failed.  Check 'stl_load_errors' system table for details."},
            False,
        ),
        ({"C": "42P01", "M": 'relation "table_1023" does not exist'}, False),
        ({"C": "42P07", "M": 'relation "lock_users" already exists'}, True),
        # From a user's log (embulk/embulk-output-jdbc issue 243).
        (
            {
                "C": "23505",
                "M": 'duplicate key violates unique constraint "pg_class_relname_nsp_index" (possibly caused by '
                "concurrent transaction conflict)",
            },
            True,
        ),
        ({"C": "23505", "M": 'duplicate key value violates unique constraint "users_pkey"'}, False),
    ],
)
def test_redshift_conflict_is_recognized_by_its_message(fields, conflict):
    assert server_error(**fields).is_conflict is conflict


def test_redshift_full_disk_is_recognized_by_its_message():
    assert server_error(C="XX000", M="Disk Full", D=FULL).is_disk_full
    assert not server_error(C="XX000", M="1023", D="Serializable isolation violation on table - 100").is_disk_full


def test_error_that_the_server_did_not_send_is_not_classified():
    assert ServerError.of(redshift_connector.InterfaceError("BrokenPipe: server socket closed.")) is None
    assert ServerError.of(psycopg.OperationalError("connection refused")) is None
    assert ServerError.of(TimeoutError()) is None


@pytest.mark.parametrize(
    ("fields", "permanent"),
    [
        ({"C": "42703", "M": 'column "a" does not exist'}, True),
        ({"C": "3F000", "M": 'schema "a" does not exist'}, True),
        (
            {
                "C": "XX000",
                "M": "Invalid digit, Value 'n', Pos 0, Type: Integer",
                "D": "\n  code:      1207\n  query: 12",
            },
            True,
        ),
        ({"C": "XX000", "M": "Disk Full", "D": FULL}, False),
        ({"C": "XX000", "M": "1023", "D": "Serializable isolation violation on table - 1207, transactions"}, False),
        ({"C": "57014", "M": "Query cancelled on user's request"}, False),
    ],
)
def test_statement_that_would_be_refused_again(fields, permanent):
    assert server_error(**fields).is_permanent is permanent
