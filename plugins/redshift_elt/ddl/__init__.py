"""The bookkeeping schema: its migrations, and how a warehouse gets them."""

from __future__ import annotations


def migrate(conn_id: str, aws_conn_id: str = "aws_default") -> list[str]:
    """Create the bookkeeping schema in a warehouse, or bring it up to date; see :mod:`redshift_elt.ddl.migrations`.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres`` that logs in as an administrator.
    :param aws_conn_id: the connection for finding a cluster by its name.
    :return: the names of the migrations that changed the schema.
    :raises AirflowFailException: the user of the connection may not change the schema.
    """
    # They import a driver.
    from redshift_elt.ddl.hook_database import HookDatabase
    from redshift_elt.ddl.migrations import migrate as apply

    return apply(HookDatabase.of(conn_id, aws_conn_id))
