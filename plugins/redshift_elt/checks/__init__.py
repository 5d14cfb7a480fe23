"""Data-quality checks: each compares a number in the warehouse with the expected one."""

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import Check
from redshift_elt.checks.freshness import Fresh
from redshift_elt.checks.queries import EqualCounts, Query
from redshift_elt.checks.references import References
from redshift_elt.checks.row_rules import AcceptedValues, InRange, NotNull, UndamagedText
from redshift_elt.checks.unique import Unique
from redshift_elt.checks.validation import validate_checks
from redshift_elt.checks.volume import RowCount, RowsNearAverage
from redshift_elt.checks.yaml_file import load_checks

__all__ = [
    "AcceptedValues",
    "Aggregate",
    "Check",
    "EqualCounts",
    "Fresh",
    "InRange",
    "NotNull",
    "Query",
    "References",
    "RowCount",
    "RowsNearAverage",
    "UndamagedText",
    "Unique",
    "load_checks",
    "validate_checks",
]
