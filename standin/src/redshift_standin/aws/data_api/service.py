"""The operations of the Redshift Data API."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.exceptions import HTTPException

from redshift_standin.aws.data_api.errors import DataApiError, invalid, not_found, unsupported
from redshift_standin.aws.data_api.execution import Login, Session, quietly
from redshift_standin.aws.data_api.records import ABORTED, ENDED, FINISHED, PICKED, Record, Step
from redshift_standin.aws.data_api.results import Result
from redshift_standin.aws.data_api.sessions import KeptSession, Sessions
from redshift_standin.aws.data_api.submission import Submission, check_wait, read_submission
from redshift_standin.aws.iam.access_keys import KeyRefusedError, database_user
from redshift_standin.aws.redshift.backend import StandInRedshift, redshift_in_region
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.settings import ACCOUNT

LARGEST_RESULT = 500 << 20
MOST_ACTIVE = 500
KEPT_SECONDS = 24 * 3600
TOKEN_SECONDS = 8 * 3600
PAGE_ROWS = 1000
MOST_LISTED = 100
CANCEL_TRIES = 60
CANCEL_SECONDS = 0.5

Request = Mapping[str, Any]


class DataApi:
    """Statements that were submitted, and the sessions that run them; nothing of it survives a restart.

    Every method may be called from any thread.

    :param lock: held while the control plane's models are read or changed.
    :param saved: called, with the lock held, after they have been changed.
    :param region: the region of the clusters.
    """

    def __init__(self, lock: threading.RLock, saved: Callable[[], None], region: str) -> None:
        self.largest_result = LARGEST_RESULT
        self._models = lock
        self._saved = saved
        self._region = region
        self._lock = threading.Lock()
        self._records: dict[str, Record] = {}
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
            told = {"__type": error.code, "Message": error.message, "message": error.message}
            if error.resource is not None:
                told["ResourceId"] = error.resource
            return error.status, headers, json.dumps(told)

    def stop(self) -> None:
        """Cancel what runs, and end every session."""
        with self._lock:
            running = [(self._records[identifier], session) for identifier, session in self._running.items()]
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
            self._forget_old()
            known = self._with_token(submission.token, owner)
            if known is not None:
                return known.submitted()
            if sum(not record.ended for record in self._records.values()) >= MOST_ACTIVE:
                raise DataApiError(
                    "ActiveStatementsExceededException", "The maximum number of active statements is reached."
                )
            session, kept, target = self._open(submission, owner)
            record = Record(submission, owner, target, kept.id if kept else None)
            self._records[record.id] = record
            self._running[record.id] = session
            thread = threading.Thread(
                target=self._run, args=(record, session, kept), name=f"data api {record.id}", daemon=True
            )
            self._threads.add(thread)
            thread.start()
        if submission.wait is not None:
            record.wait(submission.wait)
        return record.submitted()

    def _open(self, submission: Submission, owner: str) -> tuple[Session, KeptSession | None, dict[str, str]]:
        if submission.session is not None:
            kept = self._sessions.take(submission.session, owner, submission.keep_alive)
            return kept.session, kept, kept.target
        login, target = self._login(submission, owner)
        session = Session(login, self.largest_result)
        if not submission.keep_alive:
            return session, None, target
        kept = self._sessions.keep(session, owner, target, submission.keep_alive)
        return session, kept, target

    def _login(self, submission: Submission, owner: str) -> tuple[Login, dict[str, str]]:
        with self._models:
            backend = redshift_in_region(self._region)
            cluster: StandInCluster | None = backend.clusters.get(submission.cluster or "")
            if cluster is None:
                raise invalid("Redshift endpoint doesn't exist in this region.")
            if cluster.status not in ("available", "modifying"):
                raise invalid(f"Cluster {submission.cluster} is {cluster.status}, and must be available.")
            target = {"ClusterIdentifier": submission.cluster or "", "Database": submission.database or ""}
            if submission.secret:
                user, password = self._read_secret(submission.secret)
                target["SecretArn"] = submission.secret
            elif submission.db_user:
                user, password = submission.db_user, self._password(backend, cluster, submission.db_user)
                target["DbUser"] = submission.db_user
            else:
                user = owner
                credentials = backend.get_cluster_credentials_with_iam(cluster.cluster_identifier, owner, 900)
                password = credentials["DbPassword"]
                target["DbUser"] = owner
            self._saved()
            return Login(cluster.address, cluster.port, submission.database or "", user, password), target

    def _password(self, backend: StandInRedshift, cluster: StandInCluster, user: str) -> str:
        try:
            return str(backend.get_cluster_credentials(cluster.cluster_identifier, user, False, 900)["DbPassword"])
        except (ServiceException, HTTPException) as error:
            raise invalid(str(error)) from error

    def _read_secret(self, arn: str) -> tuple[str, str]:
        try:
            secret = secretsmanager_backends[ACCOUNT][self._region].get_secret_value(arn, "", "")
            content = json.loads(secret["SecretString"])
            return content["username"], content["password"]
        except (ServiceException, HTTPException, KeyError, ValueError) as error:
            raise invalid(f"Secret {arn} does not exist, or has no username and no password.") from error

    def _run(self, record: Record, session: Session, kept: KeptSession | None) -> None:
        try:
            record.turn(PICKED)
            session.run(record)
        finally:
            with self._lock:
                self._running.pop(record.id, None)
                self._threads.discard(threading.current_thread())
            if not record.ended:
                record.end("FAILED", "internal error in the stand-in")
            if kept is None:
                with quietly():
                    session.close()
            else:
                self._sessions.release(kept)

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
            self._forget_old()
            found = [record for record in reversed(self._records.values()) if _is_asked_for(record, request, owner)]
        start = _position(request, len(found))
        answer: dict[str, Any] = {"Statements": [record.listed() for record in found[start : start + most]]}
        if start + most < len(found):
            answer["NextToken"] = str(start + most)
        return answer

    def _find(self, request: Request, owner: str) -> tuple[Record, Step | None]:
        identifier = request.get("Id", "")
        with self._lock:
            self._forget_old()
            record = self._records.get(identifier.partition(":")[0])
        if record is None or record.owner != owner:
            raise not_found("Query does not exist.", identifier)
        step = next((step for step in record.steps if step.id == identifier), None)
        if step is None and ":" in identifier:
            raise not_found("Query does not exist.", identifier)
        return record, step

    def _with_token(self, token: str | None, owner: str) -> Record | None:
        if token is None:
            return None
        since = time.time() - TOKEN_SECONDS
        return next(
            (
                record
                for record in self._records.values()
                if record.submission.token == token and record.owner == owner and record.created > since
            ),
            None,
        )

    def _forget_old(self) -> None:
        since = time.time() - KEPT_SECONDS
        self._records = {
            identifier: record
            for identifier, record in self._records.items()
            if not record.ended or record.updated > since
        }


def _owner(access_key: str) -> str:
    """Return the database user of the caller's IAM identity; whoever has the same one sees its statements."""
    try:
        return database_user(access_key)
    except KeyRefusedError as error:
        raise DataApiError("UnrecognizedClientException", error.message, status=403) from error


def _cancel_until(record: Record, session: Session, tries: int) -> bool:
    """Cancel a request and return whether it has ended; one that arrives between two statements is lost."""
    record.cancelled = True
    for _ in range(tries):
        with quietly():
            session.cancel()
        if record.wait(CANCEL_SECONDS):
            return True
    return False


def _is_asked_for(record: Record, request: Request, owner: str) -> bool:
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
