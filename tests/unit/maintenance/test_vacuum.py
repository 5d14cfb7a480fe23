"""VACUUM and ANALYZE with a driver that refuses some statements, as Redshift does without the privilege."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import airflow.settings  # noqa: F401 - it configures logging, which must not happen while a test reads the log
import pytest
import redshift_connector

from local.settings import ROOT
from redshift_elt.connection.session import Session
from redshift_elt.maintenance.vacuum import vacuum_and_analyze


@dataclass
class Driver:
    """A connection of a driver.

    :param message: the message of the error that statements on the table ``orders`` raise; None if they succeed.
    :param own: the tables of the user.
    """

    message: str | None
    own: tuple[str, ...] = ("customers",)
    executed: list[str] = field(default_factory=list)
    rowcount: int = -1

    def cursor(self):
        return self

    def close(self):
        pass

    def execute(self, statement: str) -> None:
        if '"orders"' in statement and self.message:
            raise redshift_connector.ProgrammingError({"S": "ERROR", "C": "XX000", "M": self.message})
        self.executed.append(statement)

    def fetchall(self) -> list[list[str]]:
        if "pg_tables" in self.executed[-1]:
            return [["public", name, True] for name in self.own]
        return [['"IAMR:airflow"']]


@pytest.mark.parametrize("table", ["orders", "public.orders"])
def test_table_of_another_user_is_named_although_its_vacuum_succeeds(caplog, table):
    """As Redshift reports it (AWS page "VACUUM")."""
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(Driver(None)), [table, "customers", "public.customers"])
    [named] = caplog.messages
    assert f'"IAMR:airflow" does not own these tables: {table}. VACUUM succeeds on them, but has no effect' in named


def test_own_tables_are_vacuumed_without_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(Driver(None, own=("customers", "orders"))), ["orders", "public.customers"])
    assert caplog.messages == []


def test_table_of_the_same_name_in_another_schema_is_not_the_users_own(caplog):
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(Driver(None)), ["etl.customers"])
    assert "etl.customers" in caplog.text


def test_tables_that_the_user_may_not_vacuum_are_skipped_and_named(caplog):
    driver = Driver("must be owner of relation orders")
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(driver), ["orders", "customers"])
    _, *maintenance, asked = driver.executed
    assert maintenance == ['vacuum "customers"', 'analyze "customers" predicate columns']
    assert asked == "select quote_ident(current_user)"
    [skipped] = caplog.messages
    assert '"IAMR:airflow" does not own these tables: orders.' in skipped
    assert "create role etl_maintenance; grant vacuum, analyze to role etl_maintenance; grant role" in skipped
    assert 'etl_maintenance to "IAMR:airflow";' in skipped


def test_statements_of_the_log_are_those_of_the_documentation(caplog):
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(Driver("must be owner of relation orders")), ["orders"])
    statements = [f"{text.strip()};" for text in caplog.text.split("as a superuser:")[1].split(";")[:-1]]
    documented = " ".join((ROOT / "docs" / "aws.md").read_text().split())
    assert " ".join(statements).replace('"IAMR:airflow"', "sparkify_etl") in documented


def test_own_table_that_is_refused_fails_the_task():
    with pytest.raises(redshift_connector.ProgrammingError, match="permission denied"):
        vacuum_and_analyze(Session(Driver("permission denied for schema shop", own=("orders",))), ["orders"])


def test_other_errors_fail_the_task():
    with pytest.raises(redshift_connector.ProgrammingError, match="VACUUM is running"):
        vacuum_and_analyze(Session(Driver("VACUUM is running")), ["customers", "orders"])
