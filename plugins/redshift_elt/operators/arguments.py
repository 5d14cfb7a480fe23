"""What the user of an operator has written, for messages about statements that contain it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from redshift_elt.checks import Check
from redshift_elt.connection.refused_statement import Argument
from redshift_elt.operators.templates import texts_in

if TYPE_CHECKING:
    from redshift_elt.operators.base import WarehouseOperator


def arguments_of(**values: object) -> list[Argument]:
    """Return the texts in the arguments of an operator, each with the name of its argument.

    A text in a strategy has the name of the strategy's argument, such as ``latest_by``.

    :param values: the arguments; what contains no text is left out.
    """
    found: list[Argument] = []
    for name, value in values.items():
        if is_dataclass(value) and not isinstance(value, (type, Check)):
            found += arguments_of(**{field.name: getattr(value, field.name) for field in fields(value)})
        else:
            found += [Argument(f"the argument {name}", text) for text in texts_in(value)]
    return found


def sql_argument(task: WarehouseOperator, name: str) -> Argument:
    """Return an argument that is SQL, with the file that it names."""
    file = task.sql_files.get(name)
    return Argument(f"{file} (the argument {name})" if file else f"the argument {name}", getattr(task, name))


def arguments_of_checks(checks: Iterable[Check]) -> list[Argument]:
    """Return the texts in checks, without the SQL of their users, which Airflow renders."""
    return [
        Argument(f"the check {check.check_name!r} of {check.table}", text)
        for check in checks
        for field in fields(check)
        if field.name not in check.sql_arguments
        for text in texts_in(getattr(check, field.name))
    ]
