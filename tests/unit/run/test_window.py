from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG, Asset
from airflow.sdk.api.datamodels._generated import AssetReferenceAssetEventDagRun, DagRunType
from airflow.sdk.execution_time.comms import AssetEventDagRunReferenceResult
from airflow.sdk.execution_time.context import TriggeringAssetEventsAccessor

from redshift_elt.compatibility import AssetOrTimeSchedule, CronDataIntervalTimetable
from redshift_elt.run.period import Calendar
from redshift_elt.run.window import Window, resolve_window

UTC = timezone.utc


def context(run_after=datetime(2018, 11, 15, 16, 20, tzinfo=UTC), params=None, **interval):
    return {"params": params or {}, "dag_run": SimpleNamespace(run_after=run_after), **interval}


def test_scheduled_run_has_its_data_interval():
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    window = resolve_window(context(data_interval_start=hour, data_interval_end=hour + timedelta(hours=1)))
    assert window.bounds == (datetime(2018, 11, 15, 16), datetime(2018, 11, 15, 17))
    assert not window.full


def test_run_without_interval_has_the_last_complete_hour():
    assert resolve_window(context()).bounds == (datetime(2018, 11, 15, 15), datetime(2018, 11, 15, 16))


def test_params_take_precedence_over_the_data_interval_and_are_utc():
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    params = {"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T01:00:00+01:00"}
    window = resolve_window(
        context(params=params, data_interval_start=hour, data_interval_end=hour + timedelta(hours=1))
    )
    assert window.bounds == (datetime(2018, 11, 1), datetime(2018, 11, 2))


def test_param_without_zone_is_utc():
    params = {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-01T01:00:00.500"}
    assert resolve_window(context(params=params)).end == datetime(2018, 11, 1, 1, 0, 0, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"window_start": "0001-01-01T00:00:00Z", "window_end": "9999-12-31T00:00:00Z"}, "longer than 3,653 days"),
        ({"window_start": "2008-11-01T00:00:00Z", "window_end": "2018-11-03T00:00:00Z"}, "longer than 3,653 days"),
        ({"window_start": "0018-11-01T00:00:00Z", "window_end": "0018-11-02T00:00:00Z"}, "before 1970: correct"),
        (
            {"window_start": "1970-01-02T00:00:00Z", "window_end": "1970-01-03T00:00:00Z", "lookback_days": 2},
            "with 2 lookback days, begins before 1970",
        ),
        ({"lookback_days": -1}, "lookback_days is -1: write a whole number from 0 to 366"),
        ({"lookback_days": 367}, "lookback_days is 367"),
        ({"lookback_days": 10**12}, "lookback_days is 10"),
        ({"lookback_days": "2"}, "lookback_days is '2'"),
        ({"lookback_days": 1.5}, "lookback_days is 1.5"),
        ({"lookback_days": True}, "lookback_days is True"),
    ],
)
def test_absurd_windows_are_refused(params, words):
    with pytest.raises(AirflowFailException, match=words):
        resolve_window(context(params=params))


@pytest.mark.parametrize(
    "params",
    [
        {"window_start": "2008-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"},
        {"window_start": "1970-01-03T00:00:00Z", "window_end": "1970-01-04T00:00:00Z", "lookback_days": 2},
        {"lookback_days": 366},
        {"lookback_days": None},
    ],
)
def test_longest_windows_are_accepted(params):
    assert not resolve_window(context(params=params)).full


def test_window_of_a_full_load_contains_every_possible_event():
    window = resolve_window(context(params={"full_load": True}))
    assert window.full
    assert window.start <= datetime(1970, 1, 1, tzinfo=UTC)
    assert window.end > datetime(2999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"window_start": "2018-11-01T00:00:00Z"}, "both window_start and window_end"),
        ({"window_end": "2018-11-01T00:00:00Z"}, "both window_start and window_end"),
        ({"window_start": "2018-11-02T00:00:00Z", "window_end": "2018-11-01T00:00:00Z"}, "is empty"),
        ({"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-01T00:00:00Z"}, "is empty"),
        ({"window_start": "yesterday", "window_end": "2018-11-01T00:00:00Z"}, "'yesterday' is not a date and time"),
        (
            {"window_start": "0001-01-01T00:00:00+14:00", "window_end": "2018-11-01T00:00:00Z"},
            "The window from 0001-01-01T00:00:00.14:00 to 2018-11-01T00:00:00Z is beyond the calendar",
        ),
        (
            {"full_load": True, "window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"},
            "either full_load or a window",
        ),
    ],
)
def test_invalid_window_params_fail_without_retry(params, words):
    with pytest.raises(AirflowFailException, match=words):
        resolve_window(context(params=params))


def asset_context(*extras, params=None, schedule=None, **interval):
    """Return the context of a run that events of an Asset have triggered, with Airflow's own objects."""
    events = [
        AssetEventDagRunReferenceResult(
            asset=AssetReferenceAssetEventDagRun(name="songplays", uri="songplays", extra={}),
            extra=extra,
            source_task_id="load",
            source_dag_id="etl",
            source_run_id=f"run {number}",
            source_map_index=-1,
            source_aliases=[],
            timestamp=datetime(2018, 11, 15, 16, 30, tzinfo=UTC),
        )
        for number, extra in enumerate(extras)
    ]
    return {
        **context(params=params, **interval),
        "dag": DAG("downstream", schedule=schedule or [Asset("songplays")]),
        "triggering_asset_events": TriggeringAssetEventsAccessor.build(events),
    }


def extra(first_hour, last_hour, **more):
    start, end = (f"2018-11-15T{hour:02}:00:00+00:00" for hour in (first_hour, last_hour))
    return {"window_start": start, "window_end": end, "full_load": False, **more}


def test_run_that_assets_trigger_has_the_smallest_window_that_contains_those_of_the_events():
    assert resolve_window(asset_context(extra(3, 4))).bounds == (datetime(2018, 11, 15, 3), datetime(2018, 11, 15, 4))
    several = resolve_window(asset_context(extra(5, 6), extra(3, 4), params={"lookback_days": 2}))
    assert several.bounds == (datetime(2018, 11, 15, 3), datetime(2018, 11, 15, 6))
    assert several.lookback_days == 2
    assert str(several.origin) == "Asset events: 2"


def test_run_that_a_full_load_triggers_is_a_full_load():
    assert resolve_window(asset_context(extra(3, 4), extra(5, 6, full_load=True))).full


def test_params_take_precedence_over_asset_events():
    params = {"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"}
    for events in ((), ({},), (extra(3, 4),)):
        window = resolve_window(asset_context(*events, params=params))
        assert window.bounds == (datetime(2018, 11, 1), datetime(2018, 11, 2))


@pytest.mark.parametrize(
    ("extras", "words"),
    [
        ([], "scheduled on Assets, but no event of this run is known.*Params window_start and window_end"),
        ([{}], "An event of the Asset songplays.*its extra has no window.*Params window_start and window_end"),
        ([extra(3, 4), {"rows": 5}], "its extra has no window"),
        ([{"window_start": 1541030400, "window_end": 1541034000}], "its extra has no window"),
        ([{"window_start": "yesterday", "window_end": "today"}], "'yesterday' is not a date and time"),
        ([extra(4, 3)], "in the extra of an Asset event cannot be used.*is empty"),
    ],
)
def test_run_of_a_dag_on_assets_without_a_window_is_refused(extras, words):
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    for interval in ({}, {"data_interval_start": hour, "data_interval_end": hour + timedelta(hours=1)}):
        with pytest.raises(AirflowFailException, match=words):
            resolve_window(asset_context(*extras, **interval))


def test_window_of_a_run_by_assets_is_not_guessed_where_its_events_are_not_known():
    """The Warehouse page knows a run's type and times, but not its events."""
    run = SimpleNamespace(run_type=DagRunType.ASSET_TRIGGERED, run_after=datetime(2018, 11, 15, 16, 20, tzinfo=UTC))
    with pytest.raises(AirflowFailException, match="no event of this run is known"):
        resolve_window({"params": {}, "dag_run": run})


def test_run_by_time_of_a_dag_on_assets_or_time_has_its_data_interval():
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    hourly = CronDataIntervalTimetable("@hourly", timezone="UTC")
    schedule = AssetOrTimeSchedule(timetable=hourly, assets=[Asset("songplays")])
    interval = {"data_interval_start": hour, "data_interval_end": hour + timedelta(hours=1)}
    assert resolve_window(asset_context(schedule=schedule, **interval)).start == hour
    assert resolve_window(asset_context(extra(3, 4), schedule=schedule)).start == hour.replace(hour=3)


def test_empty_data_interval_is_refused():
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    with pytest.raises(AirflowFailException, match="is empty"):
        resolve_window(context(data_interval_start=hour, data_interval_end=hour))


def test_periods_of_a_window_include_partial_ones():
    days = Calendar("day")
    midnight = Window(datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 11, 2, tzinfo=UTC))
    assert list(map(str, midnight.periods(days))) == ["2018-11-01"]
    assert list(map(str, midnight.periods(days, 1))) == ["2018-10-31", "2018-11-01", "2018-11-02"]
    late = Window(datetime(2018, 11, 1, 23, tzinfo=UTC), datetime(2018, 11, 2, 0, 0, 1, tzinfo=UTC))
    assert list(map(str, late.periods(days))) == ["2018-11-01", "2018-11-02"]
    assert list(map(str, replace(late, lookback_days=1).periods(days))) == ["2018-10-31", "2018-11-01", "2018-11-02"]


@pytest.mark.parametrize(
    ("unit", "days"),
    # 20,000 periods are 833 days and 8 hours of hours, and 13 days, 21 hours and 20 minutes of minutes.
    [("hour", 833), ("minute", 13)],
)
def test_number_of_periods_is_limited(unit, days):
    start = datetime(2018, 11, 1, tzinfo=UTC)
    longest = Window(start, start + timedelta(days=days))
    assert len(longest.periods(Calendar(unit))) <= 20_000
    for longer, margin in ((Window(start, start + timedelta(days=days + 1)), 0), (replace(longest, lookback_days=1), 0),
                           (longest, 1)):  # fmt: skip
        with pytest.raises(ValueError, match=f"more than 20,000 periods of one {unit}: load it in parts"):
            longer.periods(Calendar(unit), margin)


def test_reach_is_what_was_read_of_all_sources():
    hour = Window(datetime(2018, 11, 1, 5, 20, tzinfo=UTC), datetime(2018, 11, 1, 6, tzinfo=UTC))
    days, hours, berlin = Calendar("day"), Calendar("hour"), Calendar("day", "Europe/Berlin")
    assert hour.reach([days]) == (datetime(2018, 11, 1), datetime(2018, 11, 2))
    assert hour.reach([days, hours]) == (datetime(2018, 11, 1, 5), datetime(2018, 11, 1, 6))
    assert hour.reach([days, berlin]) == (datetime(2018, 11, 1), datetime(2018, 11, 1, 23))


def test_other_windows_are_overwritten_within_the_reach():
    hour = Window(datetime(2018, 11, 1, 5, 20, tzinfo=UTC), datetime(2018, 11, 1, 5, 30, tzinfo=UTC))
    others = [
        (datetime(2018, 11, 1, 3), datetime(2018, 11, 1, 4)),
        (datetime(2018, 11, 1, 5, 50), datetime(2018, 11, 1, 7)),
    ]
    assert hour.with_others(others, hour.reach([Calendar("hour")])) == [
        hour.bounds,
        (datetime(2018, 11, 1, 5, 50), datetime(2018, 11, 1, 6)),
    ]
