from __future__ import annotations

import json
from datetime import datetime

from redshift_elt.run.names import RunIds
from redshift_elt.staging.key_pattern import KeyPattern
from redshift_elt.staging.s3_objects import S3Object
from redshift_elt.staging.staged_files import Listing, json_lines, listing_row, object_row, run_row

CHANGED = datetime(2018, 12, 1, 10, 30)
LISTED = datetime(2018, 12, 2)

OBJECT_ROW = {
    "bucket": "shop",
    "object_key": "orders/1.json",
    "etag": "99914b932bd37a50b983c5e7c90ae93b",
    "size_bytes": 2,
    "modified_at": CHANGED,
    "kind": "object",
    "period_start": None,
}
LISTING_ROW = {
    "bucket": "shop",
    "object_key": "orders/",
    "etag": "",
    "size_bytes": 0,
    "modified_at": LISTED,
    "kind": "listing",
    "period_start": None,
}


def test_objects_and_a_listing_are_rows_of_different_kinds():
    item = S3Object("shop", "orders/1.json", "99914b932bd37a50b983c5e7c90ae93b", 2, CHANGED)
    assert object_row(item, None) == OBJECT_ROW
    assert listing_row(Listing("shop", "orders/", LISTED)) == LISTING_ROW


def test_row_of_a_dated_object_has_the_beginning_of_its_period_in_utc():
    item = S3Object("shop", "orders/2018-12-01.json", "99914b932bd37a50b983c5e7c90ae93b", 2, CHANGED)
    row = object_row(item, KeyPattern("orders/%Y-%m-%d.json", "Europe/Berlin"))
    assert row["period_start"] == datetime(2018, 11, 30, 23)


def test_row_of_the_run_has_both_of_its_ids_and_its_beginning():
    assert run_row(RunIds("shop", "manual__2018"), LISTED) == {
        **LISTING_ROW,
        "bucket": "",
        "object_key": "shop/manual__2018",
        "kind": "run",
    }


def test_long_list_is_written_as_json_lines_for_copy():
    assert [json.loads(line) for line in json_lines([OBJECT_ROW, LISTING_ROW]).splitlines()] == [
        {**OBJECT_ROW, "modified_at": "2018-12-01 10:30:00"},
        {**LISTING_ROW, "modified_at": "2018-12-02 00:00:00"},
    ]
