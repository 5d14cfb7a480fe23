from __future__ import annotations

import json

import pytest

from redshift_elt.loading.input_counts import InputCounts
from redshift_elt.staging.staging_result import Staged
from redshift_elt.staging.summary import StagingSummary

ORDERS = StagingSummary.of("orders__1", Staged(objects=2, size=90, rows=1_500, left_out=3, rejected=1), seconds=1.23456)
PRODUCTS = StagingSummary.of("products__1", Staged(objects=0, size=0, rows=0, left_out=0, rejected=0), seconds=0.5)


def test_summary_survives_the_round_trip_through_xcom():
    value = ORDERS.as_xcom()
    assert value == {
        "table": "orders__1",
        "objects": 2,
        "bytes": 90,
        "rows": 1500,
        "left_out": 3,
        "rejected": 1,
        "read": 1504,
        "seconds": 1.235,
        "listed": True,
    }
    assert StagingSummary.from_xcom(json.loads(json.dumps(value))) == ORDERS


@pytest.mark.parametrize(("objects", "listed", "empty"), [(0, False, True), (0, True, False), (1, False, False)])
def test_summary_is_empty_without_objects_and_without_a_listing(objects, listed, empty):
    staged = Staged(objects=objects, size=0, rows=0, left_out=0, rejected=0, listed=listed)
    assert StagingSummary.of("orders__1", staged, seconds=0.5).is_empty is empty


def test_summary_of_a_package_that_did_not_report_listings_is_not_empty():
    value = PRODUCTS.as_xcom()
    del value["listed"]
    summary = StagingSummary.from_xcom(value)
    assert summary is not None
    assert not summary.is_empty


def test_task_without_a_return_value_has_no_summary():
    assert StagingSummary.from_xcom(None) is None


def test_inputs_of_a_load_are_added_up():
    inputs = InputCounts.total([ORDERS, PRODUCTS])
    assert inputs == InputCounts(objects=2, read=1504, rejected=1, seconds=1.735)
    assert str(inputs) == "staged in 1.7 s (objects: 2, records: 1,504, rejected: 1)"
    assert InputCounts.total([]) == InputCounts(0, 0, 0, 0.0)


def test_unknown_value_of_one_input_makes_the_total_unknown():
    unknown = InputCounts.total([ORDERS, None])
    assert unknown == InputCounts(None, None, None, None)
    assert str(unknown) == "the duration of staging is not known"
    restaged = StagingSummary.of("products__1", Staged(1, 5, 1, 0, 0), seconds=None)
    assert InputCounts.total([ORDERS, restaged]) == InputCounts(objects=3, read=1505, rejected=1, seconds=None)
