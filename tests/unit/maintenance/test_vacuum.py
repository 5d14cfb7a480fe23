"""VACUUM and ANALYZE with a driver that refuses some statements, as Redshift does without the privilege."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest
import redshift_connector

from redshift_elt.connection.session import Session
from redshift_elt.maintenance.vacuum import vacuum_and_analyze


@dataclass
class Driver:
    """A connection of a driver.

    :param message: the message of the error that statements on the table ``orders`` raise.
    """

    message: str
    executed: list[str] = field(default_factory=list)
    rowcount: int = -1

    def cursor(self):
        return self

    def close(self):
        pass

    def execute(self, statement: str) -> None:
        if '"orders"' in statement:
            raise redshift_connector.ProgrammingError({"S": "ERROR", "C": "XX000", "M": self.message})
        self.executed.append(statement)


def test_tables_that_the_user_may_not_vacuum_are_skipped_and_named(caplog):
    driver = Driver("must be owner of relation orders")
    with caplog.at_level(logging.WARNING):
        vacuum_and_analyze(Session(driver), ["orders", "customers"])
    assert driver.executed == ['vacuum "customers"', 'analyze "customers" predicate columns']
    [skipped] = caplog.messages
    assert "may vacuum and analyze them: orders. The warehouse" in skipped


def test_other_errors_fail_the_task():
    with pytest.raises(redshift_connector.ProgrammingError, match="VACUUM is running"):
        vacuum_and_analyze(Session(Driver("VACUUM is running")), ["customers", "orders"])
