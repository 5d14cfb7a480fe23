"""The tables: made from one DDL file each."""

from __future__ import annotations

import logging
from pathlib import Path

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.hook import warehouse_hook
from redshift_elt.transaction import Session, in_transaction

log = logging.getLogger(__name__)


def ddl_files(folder: Path) -> list[Path]:
    """Return a folder's DDL files: those of its subfolders first, for a table may need a schema that they make."""
    return [*sorted(folder.glob("*/*.sql")), *sorted(folder.glob("*.sql"))]


def create_tables(
    folder: Path, cluster: str, conn_id: str = "redshift_default", aws_conn_id: str = "aws_default"
) -> None:
    """Run every DDL file of a folder in one transaction. Each creates what is missing and leaves the rest as it is.

    :param folder: the folder of the ``.sql`` files.
    :param cluster: the cluster that the tables are meant for.
    :raises AirflowFailException: the connection names another cluster.
    """
    hook = warehouse_hook(conn_id, aws_conn_id)
    named = hook.get_connection(conn_id).extra_dejson.get("cluster_identifier", cluster)
    if named != cluster:
        raise AirflowFailException(
            f"The tables are meant for the cluster {cluster!r}, but the connection {conn_id!r} names {named!r}: write "
            "the same name in both."
        )
    files = ddl_files(folder)

    def create(session: Session) -> None:
        for file in files:
            for statement in hook.split_sql_string(file.read_text(encoding="utf-8"), strip_semicolon=True):
                session.execute(statement)
            log.info("%s: there.", file.stem)

    in_transaction(hook, create)
