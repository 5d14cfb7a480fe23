"""The results of checks as OpenLineage's assertions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from redshift_elt.checks.result import Result
from redshift_elt.compatibility import check_result_type

if TYPE_CHECKING:
    from airflow.providers.common.sql.operators.sql import SQLCheckResult


def sql_check_results(results: Sequence[Result]) -> list[SQLCheckResult]:
    """Return the results in the form that the OpenLineage provider turns into assertion facets.

    Empty with a version of common.sql that has no such form.
    """
    form = check_result_type()
    return [_sql_check_result(form, result) for result in results] if form else []


def _sql_check_result(form: type[SQLCheckResult], result: Result) -> SQLCheckResult:
    check = result.check
    return form(
        name=check.check_name,
        check_type=check.kind,
        success=result.finding.passed,
        severity=check.severity,
        column=check.checked_columns[0] if len(check.checked_columns) == 1 else None,
        table=check.table,
        expected=result.finding.expected,
        actual=result.finding.actual,
    )
