"""Every instant is in exactly one period, also where clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redshift_elt.run.period import Calendar, Period

# Clocks change at midnight, by half an hour, by two hours, or have skipped a day (Apia, 30 December 2011).
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1))
MICROSECOND = timedelta(microseconds=1)


def clock(instant: datetime, zone: str) -> datetime:
    return instant.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M")


@given(
    INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)), st.sampled_from(ZONES), st.sampled_from(["hour", "day"])
)
@example(moment("2018-03-24 20:00"), timedelta(days=1), "Europe/Berlin", "hour")
@example(moment("2018-10-27 20:00"), timedelta(days=1), "Europe/Berlin", "hour")
@example(moment("2011-12-29 00:00"), timedelta(days=3), "Pacific/Apia", "day")
@example(moment("2018-11-03 00:00"), timedelta(days=3), "America/Sao_Paulo", "day")
@example(moment("2018-04-06 00:00"), timedelta(days=3), "Australia/Lord_Howe", "hour")
def test_periods_leave_no_gap_and_do_not_overlap(start, length, zone, unit):
    end = start + length + MICROSECOND
    periods = Calendar(unit, zone).periods(start, end)
    assert periods[0].start <= start
    assert periods[-1].end >= end
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert len(periods) == 1 or (periods[0].end > start and periods[-1].start < end)


@given(INSTANTS, st.sampled_from(ZONES))
@pytest.mark.parametrize(("unit", "shown"), [("hour", "%Y-%m-%d %H"), ("day", "%Y-%m-%d"), ("month", "%Y-%m")])
def test_clocks_show_the_same_hour_or_day_or_month_in_the_whole_period_and_only_there(unit, shown, instant, zone):
    [period] = Calendar(unit, zone).periods(instant, instant + MICROSECOND)

    def show(moment: datetime) -> str:
        return clock(moment, zone).strftime(shown)

    assert show(instant) == show(period.start) == show(period.end - MICROSECOND)
    assert show(instant) not in {show(period.start - MICROSECOND), show(period.end)}


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2018-03-25", 23),
        ("Europe/Berlin", "2018-10-28", 25),
        # Midnight does not exist.
        ("America/Sao_Paulo", "2018-11-04", 23),
        # Midnight occurs twice.
        ("America/Havana", "2018-11-04", 25),
        ("Australia/Lord_Howe", "2018-04-01", 24.5),
        ("UTC", "2018-03-25", 24),
    ],
)
def test_day_on_which_clocks_change_is_shorter_or_longer(zone, day, hours):
    period = Calendar("day", zone).period_of(datetime.fromisoformat(day))
    assert period.end - period.start == timedelta(hours=hours)


def test_hour_that_occurs_twice_is_one_period_and_a_missing_hour_is_empty():
    berlin = Calendar("hour", "Europe/Berlin")
    assert berlin.period_of(moment("2018-10-28 02:00")) == Period(
        moment("2018-10-28 00:00"), moment("2018-10-28 02:00")
    )
    missing = berlin.period_of(moment("2018-03-25 02:00"))
    assert missing.start == missing.end == moment("2018-03-25 01:00")
    assert missing not in berlin.periods(moment("2018-03-25 00:00"), moment("2018-03-25 03:00"))


@given(INSTANTS, st.integers(-60, 60), st.sampled_from(ZONES))
@example(moment("2025-03-30 10:30"), -24, "Europe/Berlin")
@example(moment("2025-10-26 10:30"), -24, "Europe/Berlin")
@pytest.mark.parametrize("unit", ["hour", "day"])
def test_objects_that_are_read_for_an_instant_are_those_whose_rows_of_it_are_kept(unit, instant, hours, zone):
    calendar = Calendar(unit, zone)
    other = instant + timedelta(hours=hours)
    [period] = calendar.periods(other, other + MICROSECOND)
    kept = calendar.with_margin(period, 1)
    assert (kept.start <= instant < kept.end) == (period in calendar.periods(instant, instant + MICROSECOND, 0, 1))


def test_margin_begins_and_ends_at_the_same_time_of_day_where_clocks_change():
    hours = Calendar("hour", "Europe/Berlin")
    # From 11:00 to 12:00 on the day before the clocks are set forward.
    hour = hours.period_of(moment("2025-03-29 11:00"))
    assert hours.with_margin(hour, 1) == Period(moment("2025-03-28 10:00"), moment("2025-03-30 10:00"))


def test_margin_of_a_month_reads_the_month_before_for_any_window_of_it():
    march = Calendar("month").periods(moment("2018-03-20 00:00"), moment("2018-03-21 00:00"), 0, 1)
    assert [period.start.month for period in march] == [2, 3, 4]


def test_widened_periods_are_those_of_whole_days():
    day = Calendar("day")
    assert [str(period) for period in day.periods(moment("2018-11-01 05:00"), moment("2018-11-01 06:00"), 0, 1)] == [
        "2018-10-31", "2018-11-01", "2018-11-02",
    ]  # fmt: skip
    hours = Calendar("hour").periods(moment("2018-11-02 05:00"), moment("2018-11-02 06:00"), lookback_days=1)
    assert (len(hours), hours[0].start) == (25, moment("2018-11-01 05:00"))
    assert str(hours[0]) == "2018-11-01 05:00 to 2018-11-01 06:00 UTC"


def test_local_time_that_passes_a_boundary_twice_is_refused():
    # Clocks were set back by an hour at 03:45.
    chatham = Calendar("hour", "Pacific/Chatham")
    with pytest.raises(ValueError, match="pass 2018-04-01 03:00 twice"):
        chatham.periods(moment("2018-03-31 13:00"), moment("2018-03-31 17:00"))
    assert len(chatham.periods(moment("2018-04-30 13:00"), moment("2018-04-30 17:00"))) == 5
    with pytest.raises(ValueError, match="need timezone='UTC', not 'Europe/Berlin'"):
        Calendar("minute", "Europe/Berlin")
    with pytest.raises(ValueError, match="write a name of the IANA database"):
        Calendar("day", "Berlin")
