"""Prepare the database of a cluster: the tables, and the user that loads them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import BaseHook

from redshift_elt.cluster.confirmation import require_name
from redshift_elt.cluster.data_api import Administrator
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign
from redshift_elt.connection.aws_api import boto3_client
from redshift_elt.connection.connection_settings import ConnectionSettings
from redshift_elt.ddl.files import ddl_files, table_of
from redshift_elt.ddl.migrations import TABLES, migrate
from redshift_elt.sql.bookkeeping import DELETED, bookkeeping_schema, table_of_target
from redshift_elt.sql.identifiers import PUBLIC
from redshift_elt.sql.render import render

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reset:
    """Whether to drop the tables and empty the bookkeeping before they are created. All rows are lost.

    :param confirmation: the cluster's name, entered a second time.
    """

    requested: bool = False
    confirmation: str | None = None

    def check(self, cluster: str) -> None:
        """Refuse a reset that is not confirmed.

        :param cluster: the cluster identifier.
        :raises AirflowFailException: the confirmation is not the cluster's name.
        """
        if self.requested:
            consequence = f"reset drops the tables of the cluster {cluster!r} with all rows"
            require_name(cluster, self.confirmation, param="confirm_reset", consequence=consequence)


NO_RESET = Reset()


def check_connection(cluster: str, conn_id: str = "redshift_default") -> tuple[str, str]:
    """Return the user and the database of the connection that loads.

    :raises AirflowFailException: it names another cluster, or no user or database.
    """
    settings = ConnectionSettings.of(BaseHook.get_connection(conn_id))
    named = settings.extras.get("cluster_identifier", cluster)
    if named != cluster:
        raise AirflowFailException(
            f"The tables are meant for the cluster {cluster!r}, but the connection {conn_id!r} names {named!r}. Use "
            "the same name in both."
        )
    if not settings.user or not settings.database:
        raise AirflowFailException(
            f"The connection {conn_id!r} has no user or no database. Set both: the user that loads, and its database."
        )
    return settings.user, settings.database


def prepare_database(
    cluster: ManagedCluster,
    folder: Path,
    reset: Reset = NO_RESET,
    *,
    conn_id: str = "redshift_default",
    aws_conn_id: str = "aws_default",
) -> None:
    """Create the missing tables, and the user that the connection logs in as, with the privileges that loads need.

    The bookkeeping schema comes first; see :mod:`redshift_elt.ddl.migrations`. The rest is one transaction or, with
    many tables, several: the Data API limits the statements of each. A DDL file is not divided, and neither is what a
    reset drops and empties. Calling the function again completes what an error has interrupted. The administrator runs
    all of it through the Data API, which reads the password from its secret.

    The user may also load the tables that the administrator creates later in the schema ``public`` and in the
    bookkeeping schema.

    :param folder: the folder of the DDL files. Their statements must leave existing tables alone.
    :raises AirflowFailException: the reset is not confirmed, the connection is meant for something else, or the cluster
        belongs to another project.
    :raises ValueError: a DDL file has a statement that cannot be repeated. Nothing was changed.
    """
    reset.check(cluster.identifier)
    files = ddl_files(folder)
    user, database = check_connection(cluster.identifier, conn_id)
    redshift = boto3_client("redshift", aws_conn_id)
    found = redshift.describe_clusters(ClusterIdentifier=cluster.identifier)["Clusters"][0]
    refuse_foreign(f"cluster {cluster.identifier!r}", found.get("Tags", ()), cluster.tags)
    administrator = Administrator(
        boto3_client("redshift-data", aws_conn_id), cluster.identifier, database, found["MasterPasswordSecretArn"]
    )

    migrate(administrator)
    tables = [name for statements in files for name in map(table_of, statements) if name]
    before = set(administrator.run([render("access/existing.sql", user=user, schemas=_schemas(tables))]))
    # The deletes that a table has loaded go with its rows.
    dropped = [
        name for table in tables for name in (table, table_of_target(DELETED, table)) if ("table", name) in before
    ]
    groups = [_empty(dropped)] if reset.requested else []
    groups += files
    if user == found["MasterUsername"]:
        log.warning(
            "The connection %r logs in as the administrator. Let it log in as a separate user, which this task then "
            "creates.",
            conn_id,
        )
    else:
        groups.append(_give_access(user, tables, exists=("user", user) in before))
    administrator.run_in_batches(groups)
    _log_result(before, user, tables, reset=reset.requested)


def _schemas(tables: Sequence[str]) -> list[str]:
    """Return the schemas that loads of these tables use.

    :param tables: each as ``schema.table``.
    """
    return sorted({PUBLIC, bookkeeping_schema(), *(table.partition(".")[0] for table in tables)})


def _empty(tables: Sequence[str]) -> list[str]:
    """Return the statements that drop tables and delete the records of their loads."""
    drop = [render("access/drop.sql", tables=tables)] if tables else []
    return drop + [render("table/empty.sql", name=f"{bookkeeping_schema()}.{name}") for name in TABLES]


def _give_access(user: str, tables: Sequence[str], *, exists: bool) -> list[str]:
    """Return the statements that create a user, if necessary, and grant what loads of these tables need."""
    create = [] if exists else [render("access/create_user.sql", user=user)]
    return [
        *create,
        render("access/grant_schemas.sql", user=user, schemas=_schemas(tables)),
        render("access/grant_bookkeeping.sql", user=user),
        *([render("access/grant_tables.sql", user=user, tables=tables)] if tables else []),
        render("access/grant_future_tables.sql", user=user),
    ]


def _log_result(before: set[tuple[str, ...]], user: str, tables: Sequence[str], *, reset: bool) -> None:
    for name in tables:
        existed = ("table", name) in before
        state = ("dropped and created again" if reset else "already there") if existed else "created"
        log.info("Table %s: %s.", name, state)
    log.info("User %s: %s.", user, "already there" if ("user", user) in before else "created, with what loads need")
