"""The hours of a backfill."""

from datetime import date, datetime, timedelta, timezone

import pytest

from local.errors import StackError
from local.stack.period import Period


def test_last_day_is_the_day_before_the_end():
    november = Period.parse("2018-11-01", "2018-12-01")
    assert november.first_hour == datetime(2018, 11, 1, 0, tzinfo=timezone.utc)
    assert november.last_hour == datetime(2018, 11, 30, 23, tzinfo=timezone.utc)
    assert november.last_day == date(2018, 11, 30)
    assert november.days == 30


def test_today_is_not_over():
    today = datetime.now(timezone.utc).date()
    tomorrow = today + timedelta(days=1)
    with pytest.raises(StackError, match="is in the future"):
        Period.parse(str(today), str(tomorrow))
