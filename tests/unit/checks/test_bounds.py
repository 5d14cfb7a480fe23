from __future__ import annotations

import pytest

from redshift_elt.checks.bounds import Bounds
from redshift_elt.checks.finding import evaluate_number


@pytest.mark.parametrize(
    ("at_least", "at_most", "measured", "passes", "words"),
    [
        (1, None, 1, True, "at least 1"),
        (1, None, 0, False, "at least 1"),
        (None, 24, 24, True, "at most 24"),
        (None, 24, 24.5, False, "at most 24"),
        (0, 0, 0, True, "0"),
        (0, 0, 1, False, "0"),
        (0, 0, -1, False, "0"),
        (2, 3, 2.5, True, "2 to 3"),
        (None, 24, None, False, "at most 24"),
        (6820123, None, 6820123, True, "at least 6820123"),
    ],
)
def test_number_passes_within_its_bounds_and_null_never_does(at_least, at_most, measured, passes, words):
    finding = evaluate_number(Bounds(at_least, at_most), measured, empty_passes=False)
    assert finding.passed is passes
    assert finding.expected == words


@pytest.mark.parametrize("bound", [float("nan"), float("inf")])
def test_bound_that_is_not_finite_is_refused(bound):
    with pytest.raises(ValueError, match=f"at_most is {bound}: write a finite number"):
        Bounds(at_most=bound)
