"""The statements of every operator, recorded against the stand-in and compared with those that are sent now.

``make golden`` (``python -m tests.support.golden``) runs the tasks of :mod:`tests.unit.golden.shop` on a new stand-in.
For each task it writes ``statements/<task>.sql``, for review, and ``answers/<task>.json``, with the response of the
warehouse to each statement. The unit test runs the same tasks on a connection that returns these answers in
order, and compares the statements. Both replace the connections of ``redshift_connector``, so everything above the
driver is the project's own code.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import wraps
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import botocore.client
import pytest
import redshift_connector

ROOT = Path(__file__).parents[2]
STATEMENTS = ROOT / "tests" / "unit" / "golden" / "statements"
ANSWERS = ROOT / "tests" / "unit" / "golden" / "answers"

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_WIDTH = 118
# Later times come from the recording itself and differ each time.
_RECORDED_AFTER = datetime(2020, 1, 1)
_RECORDED_AT = datetime(2018, 11, 3)
# How to parse the types that JSON does not have.
_READ = {"date": date.fromisoformat, "datetime": datetime.fromisoformat, "Decimal": Decimal}


class Sent(NamedTuple):
    """A statement, and the values that are bound to it by name."""

    text: str
    values: Mapping[str, Any] = MappingProxyType({})

    def __str__(self) -> str:
        """Return the statement as in a golden file, with the values that are the same in every recording."""
        shown = [f"{name} = {_shown(value)}" for name, value in self.values.items() if _is_stable(value)]
        text = f"{self.text.rstrip()};"
        if not shown:
            return text
        lines = ["-- with"]
        for number, value in enumerate(shown, 1):
            if len(lines[-1]) + len(value) > _WIDTH:
                lines.append("--     ")
            lines[-1] += f" {value}" if number == len(shown) else f" {value},"
        return "\n".join([text, *lines])


@dataclass
class Answer:
    """The driver's result of a statement: the columns by name and type code, the row count, and the rows."""

    columns: list[tuple[str, int]] | None
    count: int
    rows: list[list[Any]] | None

    def as_json(self) -> str:
        """Return the answer as one line."""
        return json.dumps([self.columns, self.count, self.rows], default=_as_json)

    @classmethod
    def of_json(cls, line: str) -> Answer:
        """Parse an answer from such a line."""
        return cls(*json.loads(line, object_hook=_of_json))


@dataclass
class Recording:
    """The statements of one task in one situation, and the responses.

    :param failure: the exception that the task raised, other than a skip.
    """

    sent: list[Sent] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    failure: Exception | None = None
    position: int = 0

    def next_answer(self) -> Answer:
        """Return the next of the recorded answers.

        :raises AssertionError: more statements are sent than were recorded.
        """
        assert self.position < len(self.answers), "more statements are sent than were recorded"
        self.position += 1
        return self.answers[self.position - 1]


class _Cursor:
    """A cursor of the driver that records the statements, and responds from the recording or from the server."""

    paramstyle = "format"

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._answer = Answer(None, -1, None)

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        columns = self._answer.columns
        return None if columns is None else [(name, code, *[None] * 5) for name, code in columns]

    @property
    def rowcount(self) -> int:
        return self._answer.count

    def execute(self, statement: str, values: Iterable[Any] = ()) -> None:
        self._answer = self._connection.answer(self.paramstyle, statement, values)

    def fetchall(self) -> tuple[list[Any], ...]:
        return tuple(self._answer.rows or ())

    def close(self) -> None:
        pass


class _Connection(redshift_connector.Connection):
    """A connection of the driver that is not connected.

    :param text_of: returns a statement as it was passed to the session.
    :param real: the connection to the server; with None, the responses come from the recording.
    """

    def __init__(
        self, recording: Recording, text_of: Callable[[str], str], real: redshift_connector.Connection | None
    ) -> None:
        self._recording = recording
        self._text_of = text_of
        self._real = real
        self._in_transaction = False
        self._autocommit = False
        self._usock = SimpleNamespace(settimeout=lambda _: None)

    @property
    def autocommit(self) -> bool:
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._autocommit = value
        if self._real is not None:
            self._real.autocommit = value

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    def answer(self, paramstyle: str, statement: str, values: Iterable[Any]) -> Answer:
        text, values = self._text_of(statement), tuple(values)
        names = dict.fromkeys(_PLACEHOLDER.findall(text))
        if not self._in_transaction and not self._autocommit:
            self._in_transaction = True
            self._recording.sent.append(Sent("begin"))
        self._recording.sent.append(Sent(text, dict(zip(names, values, strict=True))))
        if self._real is None:
            return self._recording.next_answer()
        answer = self._ask(paramstyle, statement, values)
        self._recording.answers.append(answer)
        return answer

    def _ask(self, paramstyle: str, statement: str, values: tuple[Any, ...]) -> Answer:
        with closing(self._real.cursor()) as cursor:
            cursor.paramstyle = paramstyle
            cursor.execute(statement, values) if values else cursor.execute(statement)
            columns = cursor.description and [(_text(column[0]), column[1]) for column in cursor.description]
            rows = [list(row) for row in cursor.fetchall()] if columns else None
            if rows and "order by" not in statement:
                # The stand-in, like the warehouse, returns them in any order.
                rows.sort(key=repr)
            return Answer(columns or None, cursor.rowcount, rows)

    def commit(self) -> None:
        self._end("commit")

    def rollback(self) -> None:
        self._end("rollback")

    def close(self) -> None:
        if self._real is not None:
            self._real.close()

    def _end(self, how: str) -> None:
        self._in_transaction = False
        self._recording.sent.append(Sent(how))
        if self._real is not None:
            getattr(self._real, how)()


@contextmanager
def driver(recording: Recording, *, real: bool) -> Iterator[None]:
    """Make redshift_connector open connections that record the statements.

    :param real: whether they send the statements to the server and record its responses, or replay the recording.
    """
    connect = redshift_connector.connect
    logged = _LastStatement()
    logger = logging.getLogger("redshift_elt.connection.session")
    level = logger.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            redshift_connector,
            "connect",
            # The hook reads the annotations of its parameters.
            wraps(connect)(
                lambda *args, **kwargs: _Connection(recording, logged.text, connect(*args, **kwargs) if real else None)
            ),
        )
        # By which a try of a task recognizes what it has claimed.
        patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=1))
        patch.setattr(logger, "propagate", False)
        logger.addHandler(logged)
        logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.setLevel(level)
            logger.removeHandler(logged)


class _LastStatement(logging.Handler):
    """The last statement of a session, with named placeholders; the driver receives numbered ones."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._last = record.getMessage()

    def text(self, sent: str) -> str:
        return self._last if len(_PLACEHOLDER.split(self._last)) > 1 else sent


@contextmanager
def listed_as_modified(moments: Mapping[str, datetime]) -> Iterator[None]:
    """Make S3 list each object with the modification time that is given for its key."""
    call = botocore.client.BaseClient._make_api_call

    def with_moments(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        response = call(client, operation, arguments)
        for entry in response.get("Contents", ()) if operation == "ListObjectsV2" else ():
            entry["LastModified"] = moments.get(entry["Key"], entry["LastModified"])
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", with_moments)
        yield


def run_all(s3: Any, recorded: Mapping[str, list[Recording]] | None = None) -> dict[str, list[Recording]]:
    """Run every task in every situation and return the recordings of each, one for each situation.

    :param recorded: the recordings to replay; with None, the statements are sent to the server.
    """
    from tests.unit.golden import shop

    tasks = shop.tasks()
    recordings: dict[str, list[Recording]] = {name: [] for name in tasks}
    moments: dict[str, datetime] = {}
    with listed_as_modified(moments):
        for number, situation in enumerate(shop.SITUATIONS):
            for key, text in situation.files.items():
                s3.put_object(Bucket=shop.BUCKET, Key=key, Body=text.encode())
                moments[key] = situation.modified
            returned: dict[str, Any] = {}
            for name, task in tasks.items():
                recording = recorded[name][number] if recorded else Recording()
                recordings[name].append(recording)
                with driver(recording, real=recorded is None):
                    recording.failure = _run(task, situation, shop.DAILY, returned)
    return recordings


def _run(task: Any, situation: Any, dag_run: Any, returned: dict[str, Any]) -> Exception | None:
    from airflow.providers.common.compat.sdk import AirflowSkipException

    instance = SimpleNamespace(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        task_id=task.task_id,
        try_number=situation.try_number,
        xcom_push=lambda key, value: None,
        xcom_pull=lambda *, task_ids: returned.get(task_ids),
    )
    context = {"dag": task.dag, "dag_run": dag_run, "ti": instance, "params": situation.params, "task": task}
    try:
        returned[task.task_id] = task.execute(context)
    except AirflowSkipException:
        pass
    except Exception as error:
        return error
    return None


def golden_text(recordings: list[Recording]) -> str:
    """Return a golden file: the statements of a task in every situation."""
    from tests.unit.golden import shop

    parts = []
    for situation, recording in zip(shop.SITUATIONS, recordings, strict=True):
        statements = "\n\n".join(str(sent) for sent in recording.sent)
        parts.append(f"-- {situation.name}\n\n{statements}\n")
    return "\n\n".join(parts)


def read_recordings(name: str) -> list[Recording]:
    """Return the responses to a task, for each situation."""
    recorded = json.loads((ANSWERS / f"{name}.json").read_text("utf-8"))
    return [
        Recording(answers=[Answer.of_json(json.dumps(answer)) for answer in answers]) for answers in recorded.values()
    ]


def write(recordings: Mapping[str, list[Recording]]) -> None:
    """Write the golden files of all tasks, and remove those of deleted tasks."""
    from tests.unit.golden import shop

    for folder in (STATEMENTS, ANSWERS):
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
    for name, of_task in recordings.items():
        (STATEMENTS / f"{name}.sql").write_text(golden_text(of_task), "utf-8")
        situations = ",\n".join(
            f" {json.dumps(situation.name)}: [\n"
            + ",\n".join(f"  {answer.as_json()}" for answer in recording.answers)
            + "\n ]"
            for situation, recording in zip(shop.SITUATIONS, of_task, strict=True)
        )
        (ANSWERS / f"{name}.json").write_text(f"{{\n{situations}\n}}\n", "utf-8")


def main() -> None:
    """Record every task on a new stand-in, and write the golden files.

    :raises Exception: a task has failed; nothing is written.
    """
    sys.path.insert(0, str(ROOT / "plugins"))
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    from tests.support.new_warehouse import new_warehouse
    from tests.support.own_stack import own_stack
    from tests.unit.golden import shop

    with own_stack() as stack:
        stack.up_without_airflow()
        with new_warehouse(stack, shop.BUCKET, shop.PREFIXES) as warehouse:
            for statement in shop.TABLES.split(";"):
                warehouse.execute(statement)
            recordings = run_all(warehouse.s3)
    failed = [recording.failure for of_task in recordings.values() for recording in of_task if recording.failure]
    if failed:
        raise failed[0]
    write(recordings)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _is_stable(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) < _RECORDED_AFTER
    return isinstance(value, (str, int, Decimal))


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, (int, Decimal)) else f"'{value}'"


def _as_json(value: Any) -> dict[str, str]:
    assert type(value).__name__ in _READ, f"answers have no form for {value!r}"
    if isinstance(value, datetime) and not _is_stable(value):
        value = _RECORDED_AT.replace(tzinfo=timezone.utc if value.tzinfo else None)
    return {type(value).__name__: str(value)}


def _of_json(value: dict[str, str]) -> Any:
    [(kind, text)] = value.items()
    return _READ[kind](text)


if __name__ == "__main__":
    main()
