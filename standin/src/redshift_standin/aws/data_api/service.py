"""The operations of the Redshift Data API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from redshift_standin.aws.data_api.errors import DataApiError, invalid, not_found, unsupported
from redshift_standin.aws.data_api.execution import Session, ignore_closed_session
from redshift_standin.aws.data_api.logins import Logins
from redshift_standin.aws.data_api.record_store import Records
from redshift_standin.aws.data_api.records import ABORTED, ENDED, FAILED, FINISHED, PICKED, Outcome, Record, Step
from redshift_standin.aws.data_api.results import Result
from redshift_standin.aws.data_api.sessions import ReusableSession, Sessions
from redshift_standin.aws.data_api.submission import Submission, check_wait, read_submission
from redshift_standin.aws.iam.access_keys import KeyRefusedError, database_user

LARGEST_RESULT = 500 << 20
MOST_ACTIVE = 500
PAGE_ROWS = 1000
MOST_LISTED = 100
CANCEL_TRIES = 60
CANCEL_SECONDS = 0.5

Request = Mapping[str, Any]


class DataApi:
    """The submitted statements, and the sessions that run them; a restart loses both.

    Every method may be called from any thread.

    :param lock: held while the control plane's models are read.
    :param region: the region of the clusters.
    """

    def __init__(self, lock: threading.RLock, region: str) -> None:
        self.largest_result = LARGEST_RESULT
        self._logins = Logins(lock, region)
        self._lock = threading.Lock()
        self._records = Records()
        self._running: dict[str, Session] = {}
        self._threads: set[threading.Thread] = set()
        self._sessions = Sessions()
        self._operations: dict[str, Callable[[Request, str], dict[str, Any]]] = {
            "ExecuteStatement": self._execute,
            "BatchExecuteStatement": self._batch,
            "DescribeStatement": self._describe,
            "GetStatementResult": self._get_result,
            "GetStatementResultV2": self._get_result_as_csv,
            "CancelStatement": self._cancel,
            "ListStatements": self._list,
        }

    def answer(self, operation: str, body: bytes, access_key: str) -> tuple[int, dict[str, str], str]:
        """Answer one request: the HTTP status, headers and a JSON text."""
        headers = {"content-type": "application/x-amz-json-1.1"}
        try:
            run = self._operations.get(operation)
            if run is None:
                raise unsupported(operation)
            return 200, headers, json.dumps(run(json.loads(body or b"{}"), _owner(access_key)))
        except DataApiError as error:
            content = {"__type": error.code, "Message": error.message, "message": error.message}
            if error.resource is not None:
                content["ResourceId"] = error.resource
            return error.status, headers, json.dumps(content)

    def stop(self) -> None:
        """Cancel what runs, and end every session."""
        with self._lock:
            running = [
                (record, self._running[record.id])
                for record in self._records.newest_first()
                if record.id in self._running
            ]
            threads = list(self._threads)
        for record, session in running:
            _cancel_until(record, session, CANCEL_TRIES)
        for thread in threads:
            thread.join()
        self._sessions.close()

    def _execute(self, request: Request, owner: str) -> dict[str, Any]:
        return self._submit(read_submission(request, batch=False), owner)

    def _batch(self, request: Request, owner: str) -> dict[str, Any]:
        return self._submit(read_submission(request, batch=True), owner)

    def _submit(self, submission: Submission, owner: str) -> dict[str, Any]:
        with self._lock:
            self._records.forget_old()
            known = self._records.find_by_token(submission.token, owner)
            if known is not None:
                return known.describe_submission()
            if self._records.count_active() >= MOST_ACTIVE:
                raise DataApiError(
                    "ActiveStatementsExceededException", "The maximum number of active statements is reached."
                )
            session, kept, target = self._open(submission, owner)
            record = Record(submission, owner, target, kept.id if kept else None)
            self._records.add(record)
            self._running[record.id] = session
            thread = threading.Thread(
                target=self._run, args=(record, session, kept), name=f"data api {record.id}", daemon=True
            )
            self._threads.add(thread)
            thread.start()
        if submission.wait is not None:
            record.wait(submission.wait)
        return record.describe_submission()

    def _open(self, submission: Submission, owner: str) -> tuple[Session, ReusableSession | None, dict[str, str]]:
        if submission.session is not None:
            kept = self._sessions.take(submission.session, owner, submission.keep_alive)
            return kept.session, kept, kept.target
        login, target = self._logins.log_in(submission, owner)
        session = Session(login, self.largest_result)
        if not submission.keep_alive:
            return session, None, target
        kept = self._sessions.keep(session, owner, target, submission.keep_alive)
        return session, kept, target

    def _run(self, record: Record, session: Session, kept: ReusableSession | None) -> None:
        outcome = Outcome(FAILED, "internal error in the stand-in")
        try:
            record.set_status(PICKED)
            outcome = session.run(record)
        finally:
            with self._lock:
                self._running.pop(record.id, None)
                self._threads.discard(threading.current_thread())
                # A client that sees the end may use the session at once.
                if kept is not None:
                    self._sessions.release(kept)
                record.end(outcome)
            if kept is None:
                with ignore_closed_session():
                    session.close()

    def _describe(self, request: Request, owner: str) -> dict[str, Any]:
        check_wait(request.get("WaitTimeSeconds"))
        record, step = self._find(request, owner)
        if request.get("WaitTimeSeconds"):
            record.wait(request["WaitTimeSeconds"])
        if record.submission.batch and step is not None:
            return {**step.describe(), **record.target, "RedshiftPid": record.pid or 0}
        return record.describe()

    def _get_result(self, request: Request, owner: str) -> dict[str, Any]:
        result = self._find_result(request, owner, "JSON")
        low, high = _page(request, len(result.rows))
        return {"Records": result.records(low, high), **_about(result, high)}

    def _get_result_as_csv(self, request: Request, owner: str) -> dict[str, Any]:
        result = self._find_result(request, owner, "CSV")
        low, high = _page(request, len(result.rows))
        records = [{"CSVRecords": result.csv(low, high)}]
        return {"Records": records, "ResultFormat": "CSV", **_about(result, high)}

    def _find_result(self, request: Request, owner: str, result_format: str) -> Result:
        check_wait(request.get("WaitTimeSeconds"))
        record, step = self._find(request, owner)
        if request.get("WaitTimeSeconds"):
            record.wait(request["WaitTimeSeconds"])
        if step is None or record.status not in ENDED or step.status != FINISHED or step.result is None:
            raise not_found(
                "Query does not have result. Please check query status with DescribeStatement.", request["Id"]
            )
        if record.submission.result_format != result_format:
            raise invalid(f"The result of the statement is in {record.submission.result_format} format.")
        return step.result

    def _cancel(self, request: Request, owner: str) -> dict[str, Any]:
        record, _ = self._find(request, owner)
        if ":" in request["Id"]:
            raise invalid("A statement of a batch cannot be cancelled by itself.")
        with self._lock:
            session = self._running.get(record.id)
        if record.ended or session is None:
            raise invalid(f"Could not cancel a query that is already in {record.status} state.")
        if not _cancel_until(record, session, CANCEL_TRIES):
            raise DataApiError("QueryTimeoutException", "The query could not be cancelled in time.")
        return {"Status": record.status == ABORTED}

    def _list(self, request: Request, owner: str) -> dict[str, Any]:
        if request.get("WorkgroupName"):
            raise unsupported("Redshift Serverless")
        if request.get("RoleLevel") is False:
            raise unsupported("ListStatements with RoleLevel false")
        most = request.get("MaxResults") or MOST_LISTED
        if not 0 <= most <= MOST_LISTED:
            raise invalid(f"MaxResults must be between 0 and {MOST_LISTED}.")
        with self._lock:
            self._records.forget_old()
            found = [record for record in self._records.newest_first() if _matches(record, request, owner)]
        start = _position(request, len(found))
        answer: dict[str, Any] = {"Statements": [record.summarize() for record in found[start : start + most]]}
        if start + most < len(found):
            answer["NextToken"] = str(start + most)
        return answer

    def _find(self, request: Request, owner: str) -> tuple[Record, Step | None]:
        identifier = request.get("Id", "")
        with self._lock:
            self._records.forget_old()
            record = self._records.get(identifier.partition(":")[0])
        if record is None or record.owner != owner:
            raise not_found("Query does not exist.", identifier)
        step = next((step for step in record.steps if step.id == identifier), None)
        if step is None and ":" in identifier:
            raise not_found("Query does not exist.", identifier)
        return record, step


def _owner(access_key: str) -> str:
    """Return the database user of the caller's IAM identity; it identifies the owner of statements."""
    try:
        return database_user(access_key)
    except KeyRefusedError as error:
        raise DataApiError("UnrecognizedClientException", error.message, status=403) from error


def _cancel_until(record: Record, session: Session, tries: int) -> bool:
    """Cancel a request until it ends, because a cancellation between two statements has no effect."""
    record.cancelled = True
    for _ in range(tries):
        with ignore_closed_session():
            session.cancel()
        if record.wait(CANCEL_SECONDS):
            return True
    return False


def _matches(record: Record, request: Request, owner: str) -> bool:
    status = request.get("Status", FINISHED)
    target = record.target
    return (
        record.owner == owner
        and status in ("ALL", record.status)
        and (record.submission.name or "").startswith(request.get("StatementName", ""))
        and request.get("ClusterIdentifier", target["ClusterIdentifier"]) == target["ClusterIdentifier"]
        and request.get("Database", target["Database"]) == target["Database"]
    )


def _position(request: Request, count: int) -> int:
    token = str(request.get("NextToken") or "0")
    if not token.isdecimal() or int(token) > count:
        raise invalid("NextToken is not valid.")
    return int(token)


def _page(request: Request, count: int) -> tuple[int, int]:
    low = _position(request, count)
    return low, min(low + PAGE_ROWS, count)


def _about(result: Result, high: int) -> dict[str, Any]:
    total = len(result.rows)
    about: dict[str, Any] = {"ColumnMetadata": result.metadata(), "TotalNumRows": total}
    return {**about, "NextToken": str(high)} if high < total else about
