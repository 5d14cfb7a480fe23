"""Limits of rejected records: a number, or a share of all records."""

from __future__ import annotations

import pytest

from redshift_elt.staging.reject_limit import RejectLimit


@pytest.mark.parametrize(
    ("value", "most", "shown"),
    [
        (0, 0, "0"), (10, 10, "10"), (" 99999 ", 99_999, "99,999"),
        # COPY fails at 100,000 errors, whatever the share.
        ("1%", 99_999, "1%"), ("0.5 %", 99_999, "0.5%"), ("100%", 99_999, "100%"), ("0%", 0, "0"),
    ],
)  # fmt: skip
def test_number_or_share(value, most, shown):
    limit = RejectLimit.of(value)
    assert (limit.most, str(limit)) == (most, shown)


@pytest.mark.parametrize("value", [-1, 100_000, "", "many", "1.0", "%", "100.1%", "1,5%", 0.01, None, True])
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError, match=r"max_rejects is .*: write 0 to 99,999, .* or a share such as"):
        RejectLimit.of(value)


@pytest.mark.parametrize(
    ("value", "rejected", "read", "allowed"),
    [
        (3, 3, 3, True), (3, 4, 1_000, False), ("1%", 1, 100, True), ("1%", 1, 99, False), ("1%", 0, 0, True),
        # A third of a percent has no exact binary representation.
        ("0.3%", 3, 1_000, True), ("0.3%", 4, 1_000, False),
    ],
)  # fmt: skip
def test_share_is_exact(value, rejected, read, allowed):
    assert RejectLimit.of(value).allows(rejected, read) is allowed
