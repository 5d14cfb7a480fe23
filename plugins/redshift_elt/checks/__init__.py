"""Data-quality checks: each measures one number in the warehouse and says between which bounds it must lie."""

from redshift_elt.checks.check import Aggregate, Check, EqualCounts, Query
from redshift_elt.checks.file import load_checks
from redshift_elt.checks.kinds import (
    accepted_values,
    equal_counts,
    fresh,
    in_range,
    not_null,
    query,
    references,
    row_count,
    rows_near_average,
    undamaged_text,
    unique,
)

__all__ = [
    "Aggregate",
    "Check",
    "EqualCounts",
    "Query",
    "accepted_values",
    "equal_counts",
    "fresh",
    "in_range",
    "load_checks",
    "not_null",
    "query",
    "references",
    "row_count",
    "rows_near_average",
    "undamaged_text",
    "unique",
]
