from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

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


def test_empty_data_interval_is_refused():
    hour = datetime(2018, 11, 15, 16, tzinfo=UTC)
    with pytest.raises(AirflowFailException, match="is empty"):
        resolve_window(context(data_interval_start=hour, data_interval_end=hour))


def test_days_of_a_window_include_partial_days():
    midnight = Window(datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 11, 2, tzinfo=UTC))
    assert midnight.days() == [date(2018, 11, 1)]
    assert midnight.days(margin=1) == [date(2018, 10, 31), date(2018, 11, 1), date(2018, 11, 2)]
    late = Window(datetime(2018, 11, 1, 23, tzinfo=UTC), datetime(2018, 11, 2, 0, 0, 1, tzinfo=UTC))
    assert late.days() == [date(2018, 11, 1), date(2018, 11, 2)]
