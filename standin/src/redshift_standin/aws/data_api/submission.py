"""Requests of ExecuteStatement and BatchExecuteStatement, and their validation.

AWS pages "Using the Amazon Redshift Data API" and "ExecuteStatement".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redshift_standin.aws.data_api.errors import invalid, unsupported
from redshift_standin.aws.data_api.parameters import names_in

LONGEST_SQL = 200 * 1024
LONGEST_NAME = 2048
LONGEST_TOKEN = 64
LONGEST_KEEP_ALIVE = 24 * 3600
LONGEST_WAIT = 30
MOST_STATEMENTS = 40

TRANSACTION = "TRANSACTION"
AUTO_COMMIT = "AUTO_COMMIT"

_TARGET = ("ClusterIdentifier", "Database", "DbUser", "SecretArn", "WorkgroupName")


@dataclass(frozen=True)
class Submission:
    """One request to run statements.

    :param sqls: the statement, or the statements of a batch.
    :param parameters: the value of each named parameter.
    :param keep_alive: the seconds that the session stays open afterwards; None closes it.
    """

    sqls: tuple[str, ...]
    batch: bool
    parameters: dict[str, str]
    cluster: str | None
    database: str | None
    db_user: str | None
    secret: str | None
    session: str | None
    keep_alive: int | None
    name: str | None
    token: str | None
    result_format: str
    mode: str
    wait: int | None


def read_submission(request: Mapping[str, Any], *, batch: bool) -> Submission:
    """Read a request.

    :raises DataApiError: AWS or the stand-in refuses it.
    """
    sqls = tuple(request.get("Sqls", ())) if batch else (request.get("Sql", ""),)
    parameters = {parameter["name"]: parameter["value"] for parameter in request.get("Parameters", ())}
    submission = Submission(
        sqls=sqls,
        batch=batch,
        parameters=parameters,
        cluster=request.get("ClusterIdentifier"),
        database=request.get("Database"),
        db_user=request.get("DbUser"),
        secret=request.get("SecretArn"),
        session=request.get("SessionId"),
        keep_alive=request.get("SessionKeepAliveSeconds"),
        name=request.get("StatementName"),
        token=request.get("ClientToken"),
        result_format=request.get("ResultFormat", "JSON"),
        mode=request.get("ExecutionMode", TRANSACTION),
        wait=request.get("WaitTimeSeconds"),
    )
    _check_unsupported(request)
    _check_sizes(submission)
    _check_target(submission, request)
    _check_parameters(submission, len(request.get("Parameters", ())))
    return submission


def check_wait(seconds: int | None) -> None:
    """Refuse an invalid WaitTimeSeconds.

    :raises DataApiError: it is not between 1 and 30.
    """
    if seconds is not None and not 1 <= seconds <= LONGEST_WAIT:
        raise invalid(f"WaitTimeSeconds must be between 1 and {LONGEST_WAIT}.")


def _check_unsupported(request: Mapping[str, Any]) -> None:
    if request.get("WithEvent"):
        raise unsupported("WithEvent")
    if request.get("WorkgroupName"):
        raise unsupported("Redshift Serverless")


def _check_sizes(submission: Submission) -> None:
    if not submission.sqls or len(submission.sqls) > MOST_STATEMENTS:
        raise invalid(f"Sqls must have between 1 and {MOST_STATEMENTS} statements.")
    for sql in submission.sqls:
        if not sql.strip():
            raise invalid("A SQL statement must not be empty.")
        if len(sql.encode()) > LONGEST_SQL:
            raise invalid(f"A SQL statement must not have more than {LONGEST_SQL // 1024} KB.")
    if submission.name is not None and len(submission.name) > LONGEST_NAME:
        raise invalid(f"StatementName must not have more than {LONGEST_NAME} characters.")
    if submission.token is not None and not 1 <= len(submission.token) <= LONGEST_TOKEN:
        raise invalid(f"ClientToken must have between 1 and {LONGEST_TOKEN} characters.")
    if submission.keep_alive is not None and not 0 <= submission.keep_alive <= LONGEST_KEEP_ALIVE:
        raise invalid(f"SessionKeepAliveSeconds must be between 0 and {LONGEST_KEEP_ALIVE}.")
    if submission.result_format not in ("JSON", "CSV"):
        raise invalid("ResultFormat must be JSON or CSV.")
    if submission.mode not in (TRANSACTION, AUTO_COMMIT):
        raise invalid(f"ExecutionMode must be {TRANSACTION} or {AUTO_COMMIT}.")
    check_wait(submission.wait)


def _check_target(submission: Submission, request: Mapping[str, Any]) -> None:
    if submission.session is not None:
        if any(request.get(name) for name in _TARGET):
            raise invalid("SessionId must not be used together with a cluster, a database, a user or a secret.")
        return
    if not submission.cluster:
        raise invalid("ClusterIdentifier, WorkgroupName or SessionId must be given.")
    if not submission.database:
        raise invalid("Database must be given.")
    if submission.db_user and submission.secret:
        raise invalid("DbUser and SecretArn must not be used together.")


def _check_parameters(submission: Submission, count: int) -> None:
    if len(submission.parameters) < count:
        raise invalid("Each parameter must have a name of its own.")
    if any(not isinstance(value, str) or not value for value in submission.parameters.values()):
        raise invalid("A parameter's value must be a string that is not empty.")
    used = set().union(*map(names_in, submission.sqls))
    if unused := sorted(set(submission.parameters) - used):
        raise invalid(f"Parameters list contains unused parameters. Unused parameters: {unused}")
    if submission.parameters and (missing := sorted(used - set(submission.parameters))):
        raise invalid(f"Parameters list does not contain values for: {missing}")
