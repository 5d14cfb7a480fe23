"""Confirm that a run deletes the rows of missing objects: they cannot be loaded again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseHook

from redshift_elt.cluster.confirmation import require_name
from redshift_elt.run.on_missing import DELETE


def require_confirmed_delete(params: Mapping[str, Any], conn_id: str) -> None:
    """Refuse a form that asks to delete the rows of missing objects, but does not confirm it.

    ``on_missing="delete"`` in the file of a DAG needs no confirmation, nor does a form without the field
    ``confirm_delete``: the developer of the DAG decides that.

    :param params: the run's Params.
    :param conn_id: the connection of the operator, whose warehouse is to be named.
    :raises AirflowFailException: the field is not the name of the warehouse.
    """
    if params.get("on_missing") != DELETE or "confirm_delete" not in params:
        return
    # Imported here because DAG files must not load the driver.
    from redshift_elt.connection.connection_settings import ConnectionSettings

    name = ConnectionSettings.of(BaseHook.get_connection(conn_id)).warehouse
    consequence = f"on_missing='delete' deletes rows of {name!r} whose files are gone, so it is irreversible"
    require_name(name, params["confirm_delete"], param="confirm_delete", consequence=consequence)
