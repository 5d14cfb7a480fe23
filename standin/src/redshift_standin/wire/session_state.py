"""The state of a session that its parts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from redshift_standin.engine.databases import ClusterDatabases
from redshift_standin.engine.interfaces import Copier, Unloader
from redshift_standin.wire.login import Identity
from redshift_standin.wire.query_history import QueryHistory, StatementRecord


class StatementFailed(Exception):  # noqa: N818 - the client has received the error
    """The statement failed, and the client has been sent the error."""


@dataclass(frozen=True)
class SessionServices:
    """What a session uses in addition to its two connections.

    :param identity: the cluster, the database and the user.
    :param databases: the databases of the cluster.
    :param history: the statements that the database's sessions have run.
    :param copier: runs COPY.
    :param unloader: runs UNLOAD; without one, UNLOAD is refused.
    :param forget_history: called with the name of a database that a statement of this session has dropped.
    :param mark_cancelled: called with the process number of a session that a statement of this session cancels.
    """

    identity: Identity
    databases: ClusterDatabases
    history: QueryHistory
    copier: Copier
    unloader: Unloader | None
    forget_history: Callable[[str], None]
    mark_cancelled: Callable[[int], None]


@dataclass
class SessionState:
    """The mutable state that the parts of a session share.

    :param database: the name by which clients know the current database.
    :param cancelled: whether the statement that is running has been cancelled.
    :param ended: whether PostgreSQL has ended the session with a fatal error.
    :param only_reads: whether nothing that has run since the last ReadyForQuery writes.
    :param skipping: whether an error makes the session skip the extended protocol's messages up to the next Sync.
    :param record: the statement that is running, for the query history.
    """

    database: str
    cancelled: bool = False
    ended: bool = False
    only_reads: bool = True
    skipping: bool = False
    record: StatementRecord | None = None
