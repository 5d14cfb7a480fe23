"""The hours of a backfill."""

from datetime import date, datetime, timedelta, timezone

import pytest

from local.errors import StackError
from local.stack.period import Period


def test_last_day_is_the_day_before_the_end():
    november = Period.parse("2018-11-01", "2018-12-01")
    assert november.start == datetime(2018, 11, 1, 0, tzinfo=timezone.utc)
    assert november.last_hour == datetime(2018, 11, 30, 23, tzinfo=timezone.utc)
    assert (november.first_day, november.last_day) == (date(2018, 11, 1), date(2018, 11, 30))
    assert november.days == 30
    assert str(november) == "2018-11-01 to 2018-12-01"


def test_whole_days_are_compared_with_a_full_load_and_hours_with_a_run_of_their_window():
    assert Period.parse("2018-11-15", "2018-11-16").conf == {"full_load": True}
    evening = Period.parse("2018-11-15T17:00", "2018-11-16T02:00")
    assert evening.conf == {"window_start": "2018-11-15T17:00:00+00:00", "window_end": "2018-11-16T02:00:00+00:00"}
    assert evening.last_hour == datetime(2018, 11, 16, 1, tzinfo=timezone.utc)
    assert (evening.first_day, evening.last_day, evening.days) == (date(2018, 11, 15), date(2018, 11, 16), 2)
    assert str(evening) == "2018-11-15T17:00 to 2018-11-16T02:00"


def test_hours_until_midnight_are_those_of_one_day():
    evening = Period.parse("2018-11-15T17:00", "2018-11-16")
    assert (evening.days, evening.has_whole_days) == (1, False)


@pytest.mark.parametrize("text", ["yesterday", "2018-11-15T17:30", "2018-11-15T17:00:01", "2018-11-15T17:00+01:00"])
def test_what_is_neither_a_day_nor_an_hour_is_refused(text):
    with pytest.raises(StackError, match="is neither a date nor an hour: write it as 2018-11-01 or 2018-11-01T17:00"):
        Period.parse(text, "2018-12-01")


def test_today_is_not_over():
    today = datetime.now(timezone.utc).date()
    tomorrow = today + timedelta(days=1)
    with pytest.raises(StackError, match="is in the future"):
        Period.parse(str(today), str(tomorrow))
