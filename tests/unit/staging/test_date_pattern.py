from __future__ import annotations

from datetime import date

import pytest

from redshift_elt.staging.date_pattern import DatePattern

EVENTS = DatePattern("log_data/%Y/%m/%Y-%m-%d-events.json")


def test_day_has_a_key():
    assert EVENTS.key(date(2018, 11, 1)) == "log_data/2018/11/2018-11-01-events.json"
    assert EVENTS.prefix == "log_data/"
    assert DatePattern("%Y/%j.json").key(date(2018, 2, 1)) == "2018/032.json"


@pytest.mark.parametrize(
    ("key", "matches"),
    [
        ("log_data/2018/11/2018-11-01-events.json", True),
        ("log_data/2018/11/2018-12-01-events.json", False),
        ("log_data/2018/11/2018-11-01-eventsxjson", False),
        ("log_data/2018/11/2018-11-01-events.json.bak", False),
        ("log_data/2018/11/", False),
    ],
)
def test_key_matches_when_its_parts_agree(key, matches):
    assert EVENTS.matches(key) is matches


@pytest.mark.parametrize("pattern", ["log_data/events.json", "log_data/%Y-%q.json", "log_data/%"])
def test_pattern_that_does_not_distinguish_days_is_refused(pattern):
    with pytest.raises(ValueError, match="is not a key pattern"):
        DatePattern(pattern)
