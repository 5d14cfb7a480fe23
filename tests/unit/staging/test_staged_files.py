from __future__ import annotations

import json
from datetime import datetime

from redshift_elt.run.names import RunIds
from redshift_elt.staging.s3_objects import S3Object
from redshift_elt.staging.staged_files import Listing, json_lines, run_row, staged_file_rows

CHANGED = datetime(2018, 12, 1, 10, 30)
LISTED = datetime(2018, 12, 2)

OBJECT_ROW = {
    "bucket": "shop",
    "object_key": "orders/1.json",
    "etag": "99914b932bd37a50b983c5e7c90ae93b",
    "size_bytes": 2,
    "modified_at": CHANGED,
    "kind": "object",
}
LISTING_ROW = {
    "bucket": "shop",
    "object_key": "orders/",
    "etag": "",
    "size_bytes": 0,
    "modified_at": LISTED,
    "kind": "listing",
}


def test_objects_and_a_listing_are_rows_of_different_kinds():
    objects = [S3Object("shop", "orders/1.json", "99914b932bd37a50b983c5e7c90ae93b", 2, CHANGED)]
    assert staged_file_rows(objects, Listing("shop", "orders/", LISTED)) == [OBJECT_ROW, LISTING_ROW]
    assert staged_file_rows(objects, None) == [OBJECT_ROW]
    assert staged_file_rows([], None) == []


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
