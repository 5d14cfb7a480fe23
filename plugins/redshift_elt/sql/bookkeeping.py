"""The schema of the bookkeeping tables, a setting of Airflow: ``bookkeeping_schema`` in the section ``[redshift_elt]``.

Two environments that share a database, such as development and production, each have a schema of their own, so they do
not see each other's locks, ledger and history.
"""

from __future__ import annotations

from redshift_elt.sql.identifiers import PUBLIC, identifier, name_for_target, target_name

SECTION = "redshift_elt"
OPTION = "bookkeeping_schema"
DEFAULT = "etl"

# What the tables are for that belong to one target each. Their names begin with it, and loads create them.
LOCK, DELETED = "lock", "deleted"


def bookkeeping_schema() -> str:
    """Return the schema, not quoted.

    SQL of users can read it too, if their DAG has this function in its ``user_defined_macros``:
    ``{{ bookkeeping_schema() }}.loads``.

    :raises AirflowFailException: the setting cannot be the name of a schema of its own.
    """
    from airflow.providers.common.compat.sdk import conf

    name: str = conf.get(SECTION, OPTION, fallback=DEFAULT)
    try:
        identifier(name)
    except ValueError as error:
        raise _refused(str(error)) from error
    if name == PUBLIC:
        raise _refused(f"{name!r} is the schema of other tables: write a schema of its own, such as {DEFAULT!r}.")
    return name


def table_of_target(purpose: str, target: str) -> str:
    """Return the bookkeeping table that belongs to a target, with its schema.

    :param purpose: :data:`LOCK` or :data:`DELETED`.
    :param target: ``table`` or ``schema.table``.
    """
    return f"{bookkeeping_schema()}.{name_for_target(purpose, target_name(target))}"


def _refused(reason: str) -> Exception:
    from airflow.providers.common.compat.sdk import AirflowFailException

    return AirflowFailException(f"The setting {OPTION} in the section [{SECTION}] of Airflow is wrong. {reason}")
