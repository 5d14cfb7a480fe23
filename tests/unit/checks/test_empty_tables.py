"""The checks that an empty table always passes, so that they need no query."""

from __future__ import annotations

import pytest

from redshift_elt.checks import NotNull, RowCount


@pytest.mark.parametrize(
    "check", [RowCount(table="orders"), NotNull(table="orders", column="order_id")], ids=lambda check: check.kind
)
def test_check_that_an_empty_table_may_fail_is_still_run(check):
    assert not check.passes_without_rows


@pytest.mark.parametrize(
    "check",
    [RowCount(table="orders", at_least=0), NotNull(table="orders", column="order_id", empty_passes=True)],
    ids=lambda check: check.kind,
)
def test_check_that_an_empty_table_always_passes_is_skipped(check):
    assert check.passes_without_rows
