"""The results of checks as OpenLineage's assertions."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.providers.common.sql.operators.sql import SQLCheckResult

from redshift_elt.checks.result import Result


def sql_check_results(results: Sequence[Result]) -> list[SQLCheckResult]:
    """Return the results in the form that the OpenLineage provider turns into assertion facets."""
    return [_sql_check_result(result) for result in results]


def _sql_check_result(result: Result) -> SQLCheckResult:
    check = result.check
    return SQLCheckResult(
        name=check.check_name,
        check_type=check.kind,
        success=result.finding.passed,
        severity=check.severity,
        column=check.checked_columns[0] if len(check.checked_columns) == 1 else None,
        table=check.table,
        expected=result.finding.expected,
        actual=result.finding.actual,
    )
