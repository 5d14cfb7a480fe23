"""A warehouse that migrations reach through an Airflow connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.sql.bookkeeping import bookkeeping_schema

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    from redshift_elt.connection.session import Session


@dataclass(frozen=True)
class HookDatabase:
    """The database of an Airflow connection.

    :param conn_id: the connection's name, for messages.
    """

    conn_id: str
    hook: DbApiHook

    @classmethod
    def of(cls, conn_id: str, aws_conn_id: str) -> HookDatabase:
        """Return the database of an Airflow connection."""
        return cls(conn_id, warehouse_hook(conn_id, aws_conn_id))

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, and return the rows of the last one, which is a query.

        :raises AirflowFailException: the user is not allowed to.
        """

        def work(session: Session) -> list[tuple[Any, ...]]:
            *changes, query = statements
            for statement in changes:
                session.execute(statement)
            return session.fetch(query)

        return in_transaction(self.hook, work, self._explain)

    def _explain(self, _: Session, error: Exception) -> Exception:
        refused = ServerError.of(error)
        if refused is None or not refused.is_not_allowed:
            return error
        return AirflowFailException(
            f"The user of the connection {self.conn_id!r} may not change the schema {bookkeeping_schema()}: "
            f"{refused.message}. Give a connection that logs in as an administrator. Nothing was changed by this "
            "statement."
        )
