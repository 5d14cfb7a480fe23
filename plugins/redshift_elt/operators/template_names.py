"""What the templates of an operator name: params and macros that the DAG has to define."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError, nodes

from redshift_elt.operators.templates import texts_in
from redshift_elt.run.params import on_missing_params, run_params, session_params

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

# The form fields of the package, with what adds them to the params of a DAG.
_FIELDS = {
    **{name: f"**{group.__name__}()" for group in (run_params, on_missing_params, session_params) for name in group()},
    **{name: f'"{name}": {name}_param()' for name in ("max_rejects", "resume_cluster")},
}
# The macros of the package, with their modules.
_MACROS = {"staging_table": "redshift_elt.run.names", "bookkeeping_schema": "redshift_elt.sql.bookkeeping"}


def refuse_undefined_names(task: BaseOperator) -> None:
    """Refuse templates that name params or macros of the package which the DAG does not define.

    Other params are not refused: the configuration of a run can add them.

    :param task: a task of a DAG; without a DAG, nothing is refused. Its files must be resolved.
    :raises ValueError: see the message.
    """
    dag = task.get_dag()
    if dag is None:
        return
    known = {*dag.params, *task.params}
    for field, template in _templates(task):
        where = f"{field} of {task.task_id}"
        if missing := sorted((_params(template) - known) & _FIELDS.keys()):
            raise ValueError(
                f"{where} reads params.{missing[0]}, but the DAG has no such param: write params="
                f"{{{_FIELDS[missing[0]]}, ...}} in the DAG; the function is in redshift_elt.run.params."
            )
        if undefined := sorted((_called(template) & _MACROS.keys()) - (dag.user_defined_macros or {}).keys()):
            name = undefined[0]
            raise ValueError(
                f"{where} calls {name}(), but the DAG does not define it: write user_defined_macros="
                f"{{{name!r}: {name}}} in the DAG; from {_MACROS[name]} import {name}."
            )


def _templates(task: BaseOperator) -> Iterator[tuple[str, nodes.Template]]:
    """Yield the templates of an operator, parsed, each with its field.

    :raises ValueError: Jinja cannot parse one of them.
    """
    environment = task.get_template_env()
    for field in task.template_fields:
        for text in texts_in(getattr(task, field, None)):
            if "{" not in text:
                continue
            try:
                yield field, environment.parse(text)
            except TemplateSyntaxError as error:
                raise ValueError(
                    f"{field} of {task.task_id} is not a template: {error.message} (line {error.lineno})."
                ) from error


def _params(template: nodes.Template) -> set[str]:
    """Return the params that a template needs: without those for which it has a default, or asks whether they exist."""
    optional = {
        name
        for node in (*template.find_all(nodes.Filter), *template.find_all(nodes.Test))
        if node.name in ("default", "d", "defined", "undefined") and node.node is not None
        for name in _params_in(node.node)
    }
    return {name for name in _params_in(template) if name not in optional}


def _params_in(node: nodes.Node) -> Iterator[str]:
    found = [node] if isinstance(node, nodes.Getattr) else []
    for each in (*found, *node.find_all(nodes.Getattr)):
        if isinstance(each.node, nodes.Name) and each.node.name == "params":
            yield each.attr


def _called(template: nodes.Template) -> set[str]:
    return {call.node.name for call in template.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
