"""Find checks that cannot run together when the DAG is parsed."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import Check
from redshift_elt.run.several import several_of


def validate_checks(checks: Sequence[Check]) -> None:
    """Validate that checks can run together.

    :raises ValueError: these are not checks, or two checks of a table have the same name, or different columns for the
        window.
    """
    checks = several_of("checks", checks, Check, "[RowCount(table='orders')], or load_checks('orders.yaml')")
    names = set()
    columns: dict[str, str] = {}
    for check in checks:
        if (check.table, check.check_name) in names:
            raise ValueError(f"The check {check.check_name!r} of {check.table} is given twice.")
        names.add((check.table, check.check_name))
        if isinstance(check, Aggregate) and check.time_column:
            column = columns.setdefault(check.table, check.time_column)
            if column != check.time_column:
                raise ValueError(
                    f"The checks of {check.table} use the window columns {column} and {check.time_column}, but one "
                    "scan has one window_column. Run the others in a separate task."
                )
