from __future__ import annotations

import psycopg
import pytest


@pytest.fixture(scope="session")
def session(shared_endpoint) -> psycopg.Connection:
    """One client's session; every statement commits by itself."""
    return shared_endpoint.psycopg(autocommit=True)


@pytest.fixture
def ask(session):
    """Run statements in a transaction that is rolled back, and return the last one's rows."""

    def run(*statements: str) -> list[tuple]:
        rows = []
        with session.transaction(force_rollback=True):
            for statement in statements:
                cursor = session.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    return run
