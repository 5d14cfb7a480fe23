"""The database of a new cluster: the tables, and the user that loads them."""

from __future__ import annotations

import logging
from pathlib import Path

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.cluster.data_api import Administrator
from redshift_elt.cluster.tags import refuse_foreign
from redshift_elt.ddl.files import ddl_statements
from redshift_elt.sql import access

log = logging.getLogger(__name__)


def check_reset(cluster: str, reset: bool, confirmation: str | None) -> None:
    """Refuse to drop tables unless the cluster's name was typed once more.

    :raises AirflowFailException: it was not.
    """
    if reset and confirmation != cluster:
        raise AirflowFailException(
            f"reset drops the tables of the cluster {cluster!r} with their rows, so it wants its name once more: "
            f"confirm_reset is {confirmation!r} and must be {cluster!r}. Nothing was touched."
        )


def check_connection(cluster: str, conn_id: str = "redshift_default") -> tuple[str, str]:
    """Return the user and the database of the connection that loads.

    :raises AirflowFailException: it names another cluster, or no user or database.
    """
    connection = BaseHook.get_connection(conn_id)
    named = connection.extra_dejson.get("cluster_identifier", cluster)
    if named != cluster:
        raise AirflowFailException(
            f"The tables are meant for the cluster {cluster!r}, but the connection {conn_id!r} names {named!r}: write "
            "the same name in both."
        )
    if not connection.login or not connection.schema:
        raise AirflowFailException(
            f"The connection {conn_id!r} has no user or no database: give it the one that is to load, and the other."
        )
    return connection.login, connection.schema


def prepare_database(
    cluster: str,
    folder: Path,
    tags: dict[str, str],
    *,
    reset: bool = False,
    confirmation: str | None = None,
    conn_id: str = "redshift_default",
    aws_conn_id: str = "aws_default",
) -> None:
    """Make the tables that are missing, and the user that the connection logs in as, with the rights that loads need.

    All of it is one transaction, run as the administrator through the Data API, which takes the password from its
    secret: it is never here.

    :param folder: the folder of the DDL files; each statement of them must leave alone what is there.
    :param tags: the tags by which the project knows its own cluster.
    :param reset: drop the tables first, with their rows.
    :param confirmation: the cluster's name, for a reset.
    :raises AirflowFailException: the reset is not confirmed, the connection is meant for something else, or the cluster
        belongs to somebody else.
    """
    check_reset(cluster, reset, confirmation)
    user, database = check_connection(cluster, conn_id)
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    found = redshift.describe_clusters(ClusterIdentifier=cluster)["Clusters"][0]
    refuse_foreign(f"cluster {cluster!r}", found.get("Tags", ()), tags)
    client = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift-data").conn
    administrator = Administrator(client, cluster, database, found["MasterPasswordSecretArn"])

    statements = ddl_statements(folder)
    tables = [name for name in map(access.table_of, statements) if name]
    query = access.existing(user, access.schemas_of(tables))
    before = set(administrator.run([query]))
    dropped = [name for name in tables if reset and ("table", name) in before]
    work = [access.drop(dropped)] if dropped else []
    work += statements
    if user == found["MasterUsername"]:
        log.warning(
            "The connection %r logs in as the administrator: give it a user of its own, which this task then makes.",
            conn_id,
        )
    else:
        if ("user", user) not in before:
            work.append(access.create_user(user))
        work += access.grants(user, tables)
    administrator.run(work)
    _tell(before, user, tables, reset=reset)


def _tell(before: set[tuple[str, ...]], user: str, tables: list[str], *, reset: bool) -> None:
    for name in tables:
        was_there = ("table", name) in before
        state = ("dropped, and created anew" if reset else "already there") if was_there else "created"
        log.info("Table %s: %s.", name, state)
    log.info("User %s: %s.", user, "already there" if ("user", user) in before else "created, with the rights to load")
