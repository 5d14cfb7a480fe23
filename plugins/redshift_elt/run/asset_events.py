"""The window of a run that Asset events have triggered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

_HOW_TO_GIVE_ONE = (
    'Give the events {"window_start": "2018-11-15T16:00:00Z", "window_end": "2018-11-15T17:00:00Z"} as their extra, as '
    "the loads of this package do, or trigger the DAG with the Params window_start and window_end, or with full_load."
)


def is_from_assets(context: Mapping[str, Any]) -> bool:
    """Return whether a run comes from Assets: events have triggered it, or its DAG is scheduled on Assets alone.

    :param context: the task's context.
    """
    if getattr(context.get("dag_run"), "run_type", None) == "asset_triggered":
        return True
    timetable = getattr(context.get("dag"), "timetable", None)
    return bool(getattr(timetable, "asset_condition", None)) and not hasattr(timetable, "timetable")


def event_extras(context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the extras of the events that have triggered a run; each has a window, or is a full load's.

    :param context: the task's context.
    :raises AirflowFailException: an event has no window, or the DAG is scheduled on Assets but no event has triggered
        the run.
    """
    events = list(_events(context))
    for event in events:
        ends = event.extra.get("window_start"), event.extra.get("window_end")
        if not all(isinstance(moment, str) and moment for moment in ends):
            raise AirflowFailException(
                f"An event of the Asset {event.asset.name} has triggered this run, but its extra has no window, so it "
                f"is not known what to load. {_HOW_TO_GIVE_ONE}"
            )
    if not events and is_from_assets(context):
        raise AirflowFailException(
            "The DAG is scheduled on Assets, but no event of this run is known, so it has no window. "
            f"{_HOW_TO_GIVE_ONE}"
        )
    return [event.extra for event in events]


def _events(context: Mapping[str, Any]) -> Iterable[Any]:
    # An event that came through an alias is there twice: under the Asset and under the alias.
    for of_asset in (context.get("triggering_asset_events") or {}).values():
        yield from of_asset
