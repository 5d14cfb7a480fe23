"""The staging tables that runs have created like one template, and the limit for those that failed runs leave."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.run.names import is_staging_table
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

# Three weeks of hourly runs that fail. The smallest clusters allow 9,900 tables, temporary ones included (AWS page
# "Quotas and limits in Amazon Redshift").
MOST_STAGING_TABLES = 500


def tables_of_template(session: Session, template: str) -> set[str]:
    """Return the names of the tables that runs have created like a template, and of others that begin with its name.

    :param template: the permanent table that staging tables are created like.
    """
    return {name for (name,) in session.fetch(render("stage/tables_of_template.sql"), {"template": template})}


def refuse_too_many(template: str, tables: Collection[str]) -> None:
    """Fail if failed runs have left too many staging tables.

    :param tables: what :func:`tables_of_template` returned.
    :raises AirflowFailException: there are :data:`MOST_STAGING_TABLES` staging tables of the template or more.
    """
    left = [name for name in tables if is_staging_table(name, template)]
    if len(left) >= MOST_STAGING_TABLES:
        raise AirflowFailException(
            f"There are {len(left)} staging tables like {template}, such as {min(left)}: runs that fail keep theirs. "
            "Nothing was staged, because a warehouse has a limited number of tables. Find out why the runs fail, "
            "remove the tables with RemoveLeftoversOperator or with DROP TABLE, then clear the task."
        )
