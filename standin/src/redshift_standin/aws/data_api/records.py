"""The requests that the Data API received: their statements with status and result."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from redshift_standin.aws.data_api.results import Result
from redshift_standin.aws.data_api.submission import Submission

SUBMITTED, PICKED, STARTED = "SUBMITTED", "PICKED", "STARTED"
FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
ENDED = (FINISHED, FAILED, ABORTED)

_NO_QUERY = -1


@dataclass(frozen=True)
class Outcome:
    """How a request ended.

    :param error: the text of DescribeStatement; None for a request that is FINISHED.
    """

    status: str
    error: str | None = None


class Step:
    """One statement of a request."""

    def __init__(self, identifier: str, sql: str) -> None:
        self.id = identifier
        self.sql = sql
        self.status = SUBMITTED
        self.created = self.updated = time.time()
        self.duration = -1
        self.error: str | None = None
        self.affected = -1
        self.result: Result | None = None

    @property
    def rows(self) -> int:
        """The number of rows that it returned or changed; -1 for a statement that does neither."""
        return self.affected if self.result is None else len(self.result.rows)

    def end(self, status: str, error: str | None = None) -> None:
        """Set the final status."""
        self.status, self.error, self.updated = status, error, time.time()

    def describe(self) -> dict[str, Any]:
        """Return SubStatementData."""
        described = {
            "Id": self.id,
            "QueryString": self.sql,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Duration": self.duration,
            "ResultRows": self.rows,
            "ResultSize": self.result.size if self.result else 0,
            "HasResultSet": self.result is not None,
            "RedshiftQueryId": _NO_QUERY,
        }
        return described if self.error is None else {**described, "Error": self.error}


class Record:
    """One request.

    :param owner: who sent it.
    :param target: the cluster, the database and the user, as members of the responses.
    """

    def __init__(self, submission: Submission, owner: str, target: dict[str, str], session: str | None) -> None:
        self.id = str(uuid.uuid4())
        self.submission = submission
        self.owner = owner
        self.target = target
        self.session = session
        self.created = self.updated = time.time()
        self.status = SUBMITTED
        self.error: str | None = None
        self.pid: int | None = None
        self.cancelled = False
        self.steps = [
            Step(f"{self.id}:{number}" if submission.batch else self.id, sql)
            for number, sql in enumerate(submission.sqls, 1)
        ]
        self._ended = threading.Event()

    @property
    def ended(self) -> bool:
        """Whether all statements have ended."""
        return self._ended.is_set()

    @property
    def has_result(self) -> bool:
        """Whether a statement returned a result set."""
        return any(step.result is not None for step in self.steps)

    def set_status(self, status: str) -> None:
        """Change the status."""
        self.status, self.updated = status, time.time()

    def end(self, outcome: Outcome) -> None:
        """Set the final status; statements that did not run are aborted."""
        for step in self.steps:
            if step.status not in ENDED:
                step.end(ABORTED)
        self.error = outcome.error
        self.set_status(outcome.status)
        self._ended.set()

    def wait(self, seconds: float | None) -> bool:
        """Wait for the end and return whether the request has ended.

        :param seconds: the longest wait; None waits without a limit.
        """
        return self._ended.wait(seconds)

    def describe_submission(self) -> dict[str, Any]:
        """Return the response of ExecuteStatement or BatchExecuteStatement."""
        answer: dict[str, Any] = {"Id": self.id, "CreatedAt": self.created, **self.target}
        if self.session:
            answer["SessionId"] = self.session
        if self.submission.wait is not None:
            answer |= {"Status": self.status, "HasResultSet": self.has_result}
            if self.pid is not None:
                answer["RedshiftPid"] = self.pid
        return answer

    def describe(self) -> dict[str, Any]:
        """Return the response of DescribeStatement."""
        first = self.steps[0]
        answer: dict[str, Any] = {
            **(first.describe() if not self.submission.batch else {}),
            "Id": self.id,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Duration": sum(max(0, step.duration) for step in self.steps) if self.ended else -1,
            "HasResultSet": self.has_result,
            "RedshiftPid": self.pid or 0,
            "RedshiftQueryId": _NO_QUERY,
            "ResultFormat": self.submission.result_format,
            **self.target,
        }
        if self.submission.batch:
            answer |= {
                "ResultRows": -1,
                "ResultSize": -1,
                "ExecutionMode": self.submission.mode,
                "SubStatements": [step.describe() for step in self.steps],
            }
        if self.submission.parameters:
            answer["QueryParameters"] = _parameters(self.submission)
        if self.session:
            answer["SessionId"] = self.session
        if self.error is not None:
            answer["Error"] = self.error
        return answer

    def summarize(self) -> dict[str, Any]:
        """Return the entry of ListStatements."""
        entry: dict[str, Any] = {
            "Id": self.id,
            "Status": self.status,
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "IsBatchStatement": self.submission.batch,
            "ResultFormat": self.submission.result_format,
        }
        if self.submission.batch:
            entry["QueryStrings"] = list(self.submission.sqls)
        else:
            entry["QueryString"] = self.submission.sqls[0]
        if self.submission.name:
            entry["StatementName"] = self.submission.name
        if self.submission.parameters:
            entry["QueryParameters"] = _parameters(self.submission)
        if self.session:
            entry["SessionId"] = self.session
        return entry


def _parameters(submission: Submission) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in submission.parameters.items()]
