from __future__ import annotations

from datetime import datetime

import pytest

from warehouse_page.month import Month


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2018-11", datetime(2018, 11, 1), datetime(2018, 12, 1)),
        ("2018-12", datetime(2018, 12, 1), datetime(2019, 1, 1)),
        ("2020-02", datetime(2020, 2, 1), datetime(2020, 3, 1)),
    ],
)
def test_month_begins_and_ends(text, start, end):
    month = Month.parse(text)
    assert (month.start, month.end, str(month)) == (start, end, text)
    assert Month.of(end) > month


@pytest.mark.parametrize("text", ["2018", "2018-13", "2018-11-01", ""])
def test_invalid_month(text):
    with pytest.raises(ValueError, match=r"match format|unconverted data"):
        Month.parse(text)
