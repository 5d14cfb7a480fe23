"""Which checks an empty table passes, so that they need no query."""

from __future__ import annotations

import pytest

from redshift_elt.checks import NotNull, RowCount


@pytest.mark.parametrize(
    "check", [RowCount(table="orders"), NotNull(table="orders", column="order_id")], ids=lambda check: check.kind
)
def test_what_an_empty_table_might_not_pass_is_asked_all_the_same(check):
    assert not check.passes_without_rows


@pytest.mark.parametrize(
    "check",
    [RowCount(table="orders", at_least=0), NotNull(table="orders", column="order_id", empty_passes=True)],
    ids=lambda check: check.kind,
)
def test_what_an_empty_table_passes_need_not_be_asked(check):
    assert check.passes_without_rows
