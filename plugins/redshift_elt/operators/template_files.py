"""The ``.sql`` files that the template fields of an operator name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator


def sql_files(task: BaseOperator) -> dict[str, list[str]]:
    """Return the files in each template field that names some and has not been resolved."""
    found = {field: _files(getattr(task, field, None), tuple(task.template_ext)) for field in task.template_fields}
    return {field: files for field, files in found.items() if files}


def refuse_files_not_found(task: BaseOperator) -> None:
    """Refuse files that Airflow did not find; it logs that, and would render the name of the file as a template.

    :raises ValueError: see the message.
    """
    for field, files in sql_files(task).items():
        dag = task.get_dag()
        folders = [*([dag.folder] if dag else []), *_searched(dag.template_searchpath if dag else None)]
        raise ValueError(
            f"{field} of {task.task_id} names the file {files[0]!r}, which is not in {' or '.join(map(str, folders))}: "
            "correct the name, or write template_searchpath=[...] of the DAG with the folder that it is relative to."
        )


def _files(value: object, extensions: tuple[str, ...]) -> list[str]:
    texts = value if isinstance(value, list) else [value]
    return [text for text in texts if isinstance(text, str) and text.endswith(extensions)]


def _searched(path: str | Iterable[str] | None) -> Iterable[str]:
    return [path] if isinstance(path, str) else path or ()
