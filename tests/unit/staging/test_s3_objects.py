"""The objects that a run stages, and their manifest for COPY."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from redshift_elt.run.window import Window
from redshift_elt.staging.key_pattern import KeyPattern
from redshift_elt.staging.manifests import manifest
from redshift_elt.staging.s3_objects import KeyRange, key_ranges, list_dated, list_objects
from tests.support.aws_calls import recorded_with_arguments
from tests.support.s3_in_process import s3_in_process

BUCKET = "shop-data"
UTC = timezone.utc
PATTERN = KeyPattern("logs/%Y/%m/%d.json")
KEYS = (
    "logs/2018/11/",
    "logs/2018/11/01.json",
    "logs/2018/11/02.json",
    "logs/2018/11/02.json.bak",
    "logs/2018/12/01.json",
    "logs/paths.json",
    "logs_old/2018/11/01.json",
)


@pytest.fixture
def s3():
    with s3_in_process(BUCKET) as client:
        for key in KEYS:
            client.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
        yield S3Hook()


def window(*days):
    return Window(*(datetime(2018, month, day, tzinfo=UTC) for month, day in days))


def keys(objects):
    return [item.key for item in objects]


def test_prefix_lists_objects_without_folder_markers(s3):
    assert keys(list_objects(s3, BUCKET, KeyRange("logs/2018/11/"))) == list(KEYS[1:4])


@pytest.mark.parametrize(
    ("days", "margin", "expected"),
    [
        (((11, 1), (11, 2)), 0, ["logs/2018/11/01.json"]),
        (((11, 1), (11, 2)), 1, ["logs/2018/11/01.json", "logs/2018/11/02.json"]),
        (((11, 1), (12, 2)), 0, ["logs/2018/11/01.json", "logs/2018/11/02.json", "logs/2018/12/01.json"]),
        (((11, 20), (11, 21)), 0, []),
    ],
)
def test_days_of_a_window_that_have_an_object_are_found(s3, days, margin, expected):
    assert keys(list_dated(s3, BUCKET, PATTERN, window(*days), margin)) == expected


def test_full_load_finds_every_day_and_nothing_else(s3):
    everything = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), full=True)
    assert keys(list_dated(s3, BUCKET, PATTERN, everything)) == [KEYS[1], KEYS[2], KEYS[4]]


def test_object_has_the_etag_and_size_from_s3(s3):
    [found] = list_objects(s3, BUCKET, KeyRange("logs/paths.json"))
    # The MD5 of "{}".
    assert (found.etag, found.size) == ("99914b932bd37a50b983c5e7c90ae93b", 2)
    assert found.url == f"s3://{BUCKET}/logs/paths.json"


def test_manifest_names_every_object(s3):
    objects = list_objects(s3, BUCKET, KeyRange("logs/2018/12/"))
    assert json.loads(manifest(objects)) == {
        "entries": [{"url": f"s3://{BUCKET}/logs/2018/12/01.json", "mandatory": True}]
    }


NEW_YEAR = Window(datetime(2018, 12, 31, 23, tzinfo=UTC), datetime(2019, 1, 1, 1, tzinfo=UTC))
NOVEMBER = Window(datetime(2018, 11, 1, tzinfo=UTC), datetime(2018, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("pattern", "window", "ranges"),
    [
        (
            "logs/%Y/%m/%Y-%m-%d-events.json",
            NEW_YEAR,
            [KeyRange("logs/2018/12/2018-12-31-events.json"), KeyRange("logs/2019/01/2019-01-01-events.json")],
        ),
        ("logs/%Y/%m/%d/%H/*.gz", NEW_YEAR, [KeyRange("logs/2018/12/31/23/"), KeyRange("logs/2019/01/01/00/")]),
        (
            "logs/%Y-%m-%d.json",
            NOVEMBER,
            [KeyRange("logs/2018-11-", "logs/2018-11-01.jso", "logs/2018-11-30.json")],
        ),
        ("logs/*/%Y-%m-%d.json", NOVEMBER, [KeyRange("logs/")]),
        ("logs/%Y/%m/*/%d.json", NOVEMBER, [KeyRange("logs/2018/11/")]),
    ],
)
def test_listing_is_bounded_by_the_dates_of_the_window(pattern, window, ranges):
    key_pattern = KeyPattern(pattern)
    assert key_ranges(key_pattern, window.periods(key_pattern.calendar)) == ranges


def test_hours_of_a_day_are_listed_together():
    pattern = KeyPattern("logs/%Y/%m/%d/%H/*.json")
    first = datetime(2018, 10, 31, tzinfo=UTC)
    hours = [first + timedelta(hours=number) for number in range(24 * 4)]
    with s3_in_process(BUCKET) as client:
        for hour in hours:
            for number in range(2):
                client.put_object(Bucket=BUCKET, Key=f"{hour:logs/%Y/%m/%d/%H}/{number}.json", Body=b"")
        client.put_object(Bucket=BUCKET, Key="logs/2018/11/02/readme.json", Body=b"")
        with recorded_with_arguments() as requests:
            found = keys(list_dated(S3Hook(), BUCKET, pattern, Window(hours[30], hours[71] + timedelta(hours=1))))
    assert found == [f"{hour:logs/%Y/%m/%d/%H}/{number}.json" for hour in hours[30:72] for number in range(2)]
    listings = [arguments for _, operation, arguments, _ in requests if operation == "ListObjectsV2"]
    assert [(listing["Prefix"], listing["StartAfter"]) for listing in listings] == [
        ("logs/2018/11/01/", "logs/2018/11/01/06"),
        ("logs/2018/11/02/", "logs/2018/11/02/00"),
    ]


def test_object_in_two_ranges_is_listed_once():
    pattern = KeyPattern("logs/%Y-%-m%-d.json")
    january_and_november = ["logs/2018-112.json", "logs/2018-113.json", "logs/2018-12.json"]
    with s3_in_process(BUCKET) as client:
        for key in january_and_november:
            client.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
        year = Window(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 12, 1, tzinfo=UTC))
        found = keys(list_dated(S3Hook(), BUCKET, pattern, year))
    assert found == january_and_november


def test_listing_ends_with_its_range():
    hours = KeyRange("logs/", after="logs/05", last="logs/07/")
    assert not hours.ends_before("logs/06/a.json")
    assert not hours.ends_before("logs/07/z.json")
    assert hours.ends_before("logs/08/a.json")
    assert not KeyRange("logs/").ends_before("logs/08/a.json")
