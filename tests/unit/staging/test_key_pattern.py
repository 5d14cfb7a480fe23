from __future__ import annotations

import fnmatch
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redshift_elt.run.period import Period
from redshift_elt.staging.key_pattern import KeyPattern

EVENTS = KeyPattern("log_data/%Y/%m/%Y-%m-%d-events.json")
HOURS = KeyPattern("orders/%Y/%m/%d/%H/*.json.gz")
PATTERNS = (
    "log_data/%Y/%m/%Y-%m-%d-events.json",
    "orders/%Y/%m/%d/%H/*.json.gz",
    "dt=%Y-%m-%d/hour=%H/part-*.parquet",
    "%Y-%m-%d-events.json",
    "year=%Y/month=%-m/day=%-d/hour=%-H/*",
    "%Y/%j.json",
    "%G-W%V.csv",
    "%G-W%V-%u.csv",
    "%F/%H%M.json",
    "%d%b%y-%I%p.json",
    "%A, %d %B %Y.json",
    "%Y-%m/x-?.csv",
    "%Y.csv",
    "100%%/%H/%Y-%m-%d/[ab]-*.json",
)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu")
# Two-digit years are those of 1969 to 2068.
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2067, 12, 30))


def period(pattern: str, instant: datetime, zone: str = "UTC") -> Period:
    """Return the period of an instant, of which there must be exactly one."""
    [found] = KeyPattern(pattern, zone).calendar.periods(instant, instant + timedelta(microseconds=1))
    return found


@pytest.mark.parametrize("pattern", PATTERNS)
@given(instant=INSTANTS, zone=st.sampled_from(ZONES))
def test_key_of_an_instant_names_the_period_that_contains_it(pattern, instant, zone):
    pattern = KeyPattern(pattern, "UTC" if "%M" in pattern else zone)
    [found] = pattern.calendar.periods(instant, instant + timedelta(microseconds=1))
    assert found.start <= instant < found.end
    # What a program in that zone writes, which knows neither periods nor globs.
    local = instant.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(pattern.calendar.timezone))
    key = local.strftime(str(pattern)).replace("*", "any").replace("?", "x").replace("[ab]", "b")
    assert pattern.period(key) == found
    assert key.startswith(pattern.prefix(found))
    assert pattern.prefix(found).startswith(pattern.common_prefix(found))
    assert pattern.common_prefix(found).startswith(pattern.root)
    assert fnmatch.fnmatchcase(key, pattern.keys(found))


TEXT = st.text(alphabet="ab-./", max_size=6)
GLOBS = st.lists(st.sampled_from(["a", "b", "/", ".", "*", "?", "[ab]", "[!a]", "[]a]", "[a-z]", "[", "]"]), max_size=6)


# What is in brackets is a set of characters, which can begin with a closing bracket.
SET = re.compile(r"\[!?\]?[^\]/]*\]")


@example(["[", "*", "*", "[ab]"], "*")
@given(GLOBS, TEXT)
def test_globs_match_like_fnmatch_within_folders(parts, text):
    glob = "".join(parts)
    if "**" in SET.sub("x", glob):
        with pytest.raises(ValueError, match="does not match several folders"):
            KeyPattern(f"%Y/{glob}")
        return
    folders, globs = text.split("/"), glob.split("/")
    expected = len(folders) == len(globs) and all(map(fnmatch.fnmatchcase, folders, globs))
    assert (KeyPattern(f"%Y/{glob}").period(f"2018/{text}") is not None) == expected


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        (EVENTS, "log_data/2018/11/2018-11-01-events.json", True),
        # Its two months differ.
        (EVENTS, "log_data/2018/11/2018-12-01-events.json", False),
        (EVENTS, "log_data/2018/11/2018-11-01-eventsxjson", False),
        (EVENTS, "log_data/2018/11/2018-11-01-events.json.bak", False),
        (EVENTS, "log_data/2018/02/2018-02-30-events.json", False),
        (EVENTS, "log_data/2018/11/", False),
        (HOURS, "orders/2018/11/01/05/.json.gz", True),
        (HOURS, "orders/2018/11/01/5/a.json.gz", False),
        (HOURS, "orders/2018/11/01/24/a.json.gz", False),
        (HOURS, "orders/2018/11/01/05/more/a.json.gz", False),
        (KeyPattern("day=%-d/%Y-%m"), "day=01/2018-11", False),
        (KeyPattern("%a-%Y-%m-%d"), "Fri-2018-11-01", False),
    ],
)
def test_key_fits_when_its_parts_agree(pattern, key, expected):
    assert (pattern.period(key) is not None) is expected


@pytest.mark.parametrize(
    ("pattern", "start", "end"),
    [
        ("%Y", (2018, 1, 1), (2019, 1, 1)),
        ("%Y-%m", (2018, 11, 1), (2018, 12, 1)),
        ("%G-W%V", (2018, 10, 29), (2018, 11, 5)),
        ("%Y-%j", (2018, 11, 1), (2018, 11, 2)),
        ("%Y-%m-%d-%H", (2018, 11, 1, 5), (2018, 11, 1, 6)),
        ("%Y-%m-%d-%H-%M", (2018, 11, 1, 5, 30), (2018, 11, 1, 5, 31)),
    ],
)
def test_codes_say_how_long_a_period_is(pattern, start, end):
    assert period(pattern, datetime(2018, 11, 1, 5, 30)) == Period(datetime(*start), datetime(*end))


def test_prefixes_are_literal():
    [hour] = HOURS.calendar.periods(datetime(2018, 11, 1, 5), datetime(2018, 11, 1, 6))
    assert HOURS.root == "orders/"
    assert HOURS.prefix(hour) == "orders/2018/11/01/05/"
    assert HOURS.common_prefix(hour) == "orders/2018/11/01/"
    assert HOURS.keys(hour) == "orders/2018/11/01/05/*.json.gz"
    # Other folders of the hour are not listed.
    assert KeyPattern("%Y/%m/%d/%H/clicks/*").common_prefix(hour) == "2018/11/01/05/clicks/"
    # The keys do not begin with the date.
    assert KeyPattern("shop-*/%Y-%m-%d-%H").common_prefix(hour) == "shop-"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("log_data/events.json", "must say which period"),
        ("log_data/%Y/%d.json", "must say which period"),
        ("log_data/%m-%d.json", "must say which period"),
        ("%Y/%m/%H.json", "must say which period"),
        ("%Y-%m-%d-%I.json", "must say which period"),
        ("%Y-%m-%d-%M.json", "must say which period"),
        ("%G-%m", "must say which period"),
        ("log_data/%Y-%q.json", "%q is not a code"),
        ("log_data/%Y-%m-%d-%H%M%S.json", "%S is not a code"),
        ("log_data/%Y-%-a.json", "%-a is not a code"),
        ("log_data/%Y%", "% is not a code"),
        ("log_data/%Y/**/*.json", r"\*\* does not match several folders"),
    ],
)
def test_pattern_that_does_not_distinguish_periods_is_refused(pattern, words):
    with pytest.raises(ValueError, match=f"is not a key pattern: .*{words}"):
        KeyPattern(pattern)
