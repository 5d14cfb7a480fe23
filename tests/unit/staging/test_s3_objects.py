"""The objects that a run stages, and their manifest for COPY."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from redshift_elt.run.window import Window
from redshift_elt.staging.date_pattern import DatePattern
from redshift_elt.staging.manifests import manifest
from redshift_elt.staging.s3_objects import list_dated, list_objects
from tests.support.s3_in_process import s3_in_process

BUCKET = "shop-data"
UTC = timezone.utc
PATTERN = DatePattern("logs/%Y/%m/%d.json")
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
    assert keys(list_objects(s3, BUCKET, "logs/2018/11/")) == list(KEYS[1:4])


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
    [found] = list_objects(s3, BUCKET, "logs/paths.json")
    # The MD5 of "{}".
    assert (found.etag, found.size) == ("99914b932bd37a50b983c5e7c90ae93b", 2)
    assert found.url == f"s3://{BUCKET}/logs/paths.json"


def test_manifest_names_every_object(s3):
    objects = list_objects(s3, BUCKET, "logs/2018/12/")
    assert json.loads(manifest(objects)) == {
        "entries": [{"url": f"s3://{BUCKET}/logs/2018/12/01.json", "mandatory": True}]
    }
