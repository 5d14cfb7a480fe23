"""Section 5, facts 9 to 20: dates and times. More of them is in ../sql/test_values.py."""

from __future__ import annotations

import datetime

import pytest

from standin_support.checks import (
    NO_SOURCE,
    NOT_HERE,
    REFUSED,
    SUPPORTED,
    UNKNOWN,
    Fails,
    case,
    check,
)
from standin_support.facts import fact

SUNDAY = "timestamp '2018-11-11 23:59:59.796'"


def at(*parts: int, **zone: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime(*parts, **zone)


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/9 DATEADD",
            "DATEADD adds a number of date parts.",
            "r_DATEADD_function",
            {
                "dateadd(month, 18, '2008-02-28'::date)": at(2009, 8, 28),
                "dateadd(minute, 30, '2008-02-28'::date)": at(2008, 2, 28, 0, 30),
                "dateadd(hr, -1, timestamp '2018-11-30 00:30:00')": at(2018, 11, 29, 23, 30),
            },
        ),
        case(
            "5/9 DATEDIFF",
            "DATEDIFF counts the boundaries between two times, not the elapsed time.",
            "r_DATEDIFF_function",
            {
                "datediff(year, '2008-12-31', '2009-01-01')": 1,
                "datediff(qtr, '2008-12-31', '2009-01-01')": 1,
                "datediff(hour, '2018-11-01 08:30', '2018-11-01 10:00')": 2,
                "datediff(hour, '2018-11-01 01:59', '2018-11-01 02:01')": 1,
                "datediff(day, '2018-11-30 23:59', '2018-12-01 00:00')": 1,
                "datediff(mon, '2018-12-01', '2018-11-30')": -1,
            },
        ),
        case(
            "5/10",
            "The day on which weeks begin for DATEDIFF.",
            NO_SOURCE,
            {
                "datediff(week, '2009-01-01', '2009-12-31')": 52,
                "datediff(week, '2018-11-03', '2018-11-04')": NOT_HERE,
                "datediff(week, '2018-11-04', '2018-11-05')": NOT_HERE,
            },
            UNKNOWN,
        ),
        case(
            "5/11 DATEADD of months",
            "DATEADD keeps the day of the month, or uses the last day.",
            "r_DATEADD_function",
            {
                "dateadd(month, 1, '2008-01-31'::date)": at(2008, 2, 29),
                "dateadd(month, 1, '2008-02-29'::date)": at(2008, 3, 29),
            },
        ),
        case(
            "5/11 ADD_MONTHS",
            "ADD_MONTHS maps the last day of a month to the last day of a month.",
            "r_ADD_MONTHS",
            {
                "add_months(timestamp '2008-02-29', 1)": at(2008, 3, 31),
                "add_months(timestamp '2008-01-31', 1)": at(2008, 2, 29),
            },
        ),
        case(
            "5/12 day of the week",
            "dow, dayofweek, dw and weekday are 0 on Sunday.",
            "r_Dateparts_for_datetime_functions",
            {f"extract({part} from {SUNDAY})": 0 for part in ("dow", "dayofweek", "dw", "weekday")}
            | {f"extract(dow from {SUNDAY} - interval '1 day')": 6},
        ),
        case(
            "5/12 TO_CHAR",
            "The pattern D of TO_CHAR is 1 on Sunday.",
            "r_Dateparts_for_datetime_functions",
            {f"to_char({SUNDAY}, 'D')": "1"},
        ),
        case(
            "5/12 isodow",
            "isodow is not supported.",
            "r_Dateparts_for_datetime_functions",
            {f"extract(isodow from {SUNDAY})": NOT_HERE},
        ),
        case(
            "5/13 week",
            "week is the ISO 8601 week, and year is the calendar year.",
            "r_Dateparts_for_datetime_functions",
            {
                "extract(week from date '2018-12-31')": 1,
                "extract(w from date '2018-12-30')": 52,
                "extract(year from date '2018-12-31')": 2018,
                "extract(qtr from date '2018-12-31')": 4,
                "extract(doy from date '2018-12-31')": 365,
                f"date_trunc('week', {SUNDAY})": at(2018, 11, 5),
            },
        ),
        case("5/13 isoyear", "isoyear is not supported.", NO_SOURCE, {f"extract(isoyear from {SUNDAY})": NOT_HERE}),
    ],
)
def test_dates(session, tables, results):
    check(session, results)


@fact(
    "5/14",
    "Date parts need no quotation marks. The result columns are named date_part, pgdate_part, date_diff and date_add.",
    SUPPORTED,
    "r_Dateparts_for_datetime_functions, r_DATEDIFF_function",
)
def test_names_of_date_functions(session):
    cursor = session.execute(
        f"select extract(weekday from {SUNDAY}), date_part(dow, {SUNDAY}), datediff(day, {SUNDAY}, {SUNDAY}), "
        f"dateadd(day, 1, {SUNDAY})"
    )
    assert [column.name for column in cursor.description] == ["date_part", "pgdate_part", "date_diff", "date_add"]


UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/15",
            "EXTRACT returns an integer. DATE_PART returns a floating-point number.",
            "r_Dateparts_for_datetime_functions",
            {
                "extract(sec from timestamp '2009-01-01 00:00:03.189717')": 3,
                "date_part(sec, timestamp '2009-01-01 00:00:03.189717')": 3.189717,
                f"extract(ms from {SUNDAY})": 796,
            },
        ),
        case(
            "5/16 epoch",
            "epoch counts seconds since 1970. A time without a zone is UTC.",
            "r_Dateparts_for_datetime_functions",
            {
                f"extract(epoch from {SUNDAY})": 1541980799,
                "timestamp 'epoch' + 1541980799796 / 1000.0 * interval '1 second'": at(
                    2018, 11, 11, 23, 59, 59, 796000
                ),
                "timestamp 'epoch' + 1541980799796 / 1000 * interval '1 second'": at(2018, 11, 11, 23, 59, 59),
            },
        ),
        case(
            "5/16 TO_TIMESTAMP of a number",
            "TO_TIMESTAMP does not accept a number.",
            "r_TO_TIMESTAMP",
            {"to_timestamp(1541980799)": NOT_HERE},
        ),
        case(
            "5/17 TO_TIMESTAMP",
            "TO_TIMESTAMP returns a TIMESTAMPTZ, and the year 1 for an empty string.",
            "r_TO_TIMESTAMP",
            {
                "to_timestamp('2011-12-18', 'YYYY-MM-DD')": at(2011, 12, 18, tzinfo=UTC),
                "to_timestamp('', 'YYYY-MM-DD')": at(1, 1, 1, tzinfo=UTC),
            },
        ),
        case(
            "5/17 is_strict",
            "A day beyond the end of the month carries over into the next month unless is_strict is true.",
            "r_TO_DATE_function, r_TO_TIMESTAMP",
            {
                "to_date('20010631', 'YYYYMMDD')": datetime.date(2001, 7, 1),
                "to_date('20010631', 'YYYYMMDD', false)": datetime.date(2001, 7, 1),
                "to_date('20010631', 'YYYYMMDD', true)": Fails("date/time field date value out of range"),
                "to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS')": at(2011, 12, 19, 0, 38, 15, tzinfo=UTC),
                "to_timestamp('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS', true)": Fails("out of range"),
            },
        ),
        case(
            "5/17 other values out of range",
            "A month beyond 12 carries over, too.",
            "r_TO_DATE_function",
            {"to_date('20011301', 'YYYYMMDD')": NOT_HERE},
            REFUSED,
        ),
        case(
            "5/18 microseconds",
            "TIMESTAMP and TIMESTAMPTZ have microsecond precision.",
            "r_Datetime_types",
            {
                "timestamp '2018-01-01 00:00:00.123456'": at(2018, 1, 1, 0, 0, 0, 123456),
                "timestamptz '2018-01-01 00:00:00.123456+00'": at(2018, 1, 1, 0, 0, 0, 123456, tzinfo=UTC),
            },
        ),
        case(
            "5/18 TIMESTAMPTZ",
            "A TIMESTAMPTZ is stored in UTC, which is also the default time zone of a session.",
            "r_Datetime_types",
            {"cast(timestamptz '2018-01-01 00:00:00+02' as varchar(30))": "2017-12-31 22:00:00+00"},
        ),
        case(
            "5/18 summer time after 2037",
            "Daylight saving time continues after 2037.",
            "behavior-changes",
            {"convert_timezone('America/New_York', timestamp '2040-07-01 12:00')": at(2040, 7, 1, 8)},
        ),
    ],
)
def test_times(session, tables, results):
    check(session, results)


@fact(
    "5/19 GETDATE and SYSDATE",
    "GETDATE is the start of the statement in whole seconds. SYSDATE is the start of the transaction. "
    "Neither has a time zone.",
    SUPPORTED,
    "r_GETDATE, r_SYSDATE; no source for the whole seconds",
)
def test_times_of_the_statement_and_of_the_transaction(session):
    with session.transaction():
        (first, started), (second, started_again) = (
            session.execute("select getdate(), sysdate").fetchone() for _ in range(2)
        )
    assert started == started_again
    assert first.microsecond == 0
    assert first <= second
    assert first.tzinfo is None
    assert started.tzinfo is None


@pytest.mark.parametrize(
    "results",
    [
        case(
            "5/19 CURRENT_DATE",
            "CURRENT_DATE is the day on which the transaction started.",
            "Date_functions_header",
            {"current_date = trunc(sysdate)": True},
        ),
        case(
            "5/19 CURRENT_TIMESTAMP",
            "CURRENT_TIMESTAMP runs on the leader node only.",
            "Date_functions_header",
            {"current_timestamp": NOT_HERE},
            REFUSED,
        ),
        case(
            "5/20 CONVERT_TIMEZONE",
            "CONVERT_TIMEZONE returns a TIMESTAMP. Its default source zone is UTC.",
            "CONVERT_TIMEZONE",
            {
                "convert_timezone('America/New_York', timestamp '2018-11-30 12:00')": at(2018, 11, 30, 7),
                "convert_timezone('EST', 'UTC', timestamp '2018-11-30 12:00')": at(2018, 11, 30, 17),
            },
        ),
        case(
            "5/20 AT TIME ZONE",
            "AT TIME ZONE converts a TIMESTAMP into a TIMESTAMPTZ and a TIMESTAMPTZ into a TIMESTAMP.",
            "r_AT_TIME_ZONE",
            {
                "timestamp '2018-11-30 12:00' at time zone 'EST'": at(2018, 11, 30, 17, tzinfo=UTC),
                "timestamptz '2018-11-30 12:00+00' at time zone 'EST'": at(2018, 11, 30, 7),
            },
        ),
        case(
            "5/20 TRUNC",
            "TRUNC of a TIMESTAMP is a DATE.",
            "r_TRUNC_date",
            {f"trunc({SUNDAY})": datetime.date(2018, 11, 11)},
        ),
    ],
)
def test_zones(session, tables, results):
    check(session, results)
