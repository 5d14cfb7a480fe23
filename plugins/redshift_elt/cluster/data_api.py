"""Run SQL as the administrator through the Redshift Data API, which reads the password from its secret."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.compatibility import data_api_waits
from redshift_elt.connection.server_error import ServerError

log = logging.getLogger(__name__)

# The limit of BatchExecuteStatement (AWS API reference).
_MAXIMUM_STATEMENTS = 40
# The longest time that DescribeStatement waits for the end of a statement.
_WAIT_SECONDS = 30
# How often it is called if it cannot wait.
_POLL_SECONDS = 1
_ENDED = ("FINISHED", "FAILED", "ABORTED")
# The Data API passes on the text of an error without its SQLSTATE, in a batch after the number of the statement.
_ERROR = re.compile(r"(?:.*?ERROR:)?\s*(?P<message>.*?)\s*(?:Detail:\s*(?P<detail>.*))?", re.DOTALL | re.IGNORECASE)
_WRONG_STATEMENT = re.compile(
    r"syntax error|does not exist|already exists|permission denied|must be owner|not supported"
)
# The beginning of a statement up to the name of what it creates, which a message may show: the rest of a statement such
# as CREATE USER can be a secret.
_CREATES = re.compile(r"\s*create\s+(?:or\s+replace\s+)?\w+\s+(?:if\s+not\s+exists\s+)?[\w.\"]+", re.IGNORECASE)


@dataclass(frozen=True)
class Administrator:
    """The administrator of a database of a cluster.

    :param client: a client of ``redshift-data``.
    :param secret_arn: the secret of the cluster's administrator.
    """

    client: Any
    cluster: str
    database: str
    secret_arn: str

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, and return the rows of the last one.

        :raises AirflowException: one of them failed, and none took effect.
        :raises AirflowFailException: as above, and a retry would fail too.
        """
        if len(statements) > _MAXIMUM_STATEMENTS:
            raise AirflowFailException(
                f"{len(statements)} statements are more than the Data API runs in one transaction: at most "
                f"{_MAXIMUM_STATEMENTS}."
            )
        submitted = self.client.batch_execute_statement(
            ClusterIdentifier=self.cluster, Database=self.database, SecretArn=self.secret_arn, Sqls=list(statements)
        )["Id"]
        while (found := self._describe(submitted))["Status"] not in _ENDED:
            log.info("Statement %s: %s.", submitted, found["Status"])
        if found["Status"] != "FINISHED":
            raise self._failure(found)
        last = found["SubStatements"][-1]
        return self._rows(last["Id"]) if last.get("HasResultSet") else []

    def run_in_batches(self, groups: Iterable[Sequence[str]]) -> None:
        """Run any number of statements in as few transactions as the Data API allows.

        If one fails, the earlier transactions stay, so the statements must be such that all can be run again.

        :param groups: the statements that belong into one transaction. A group is divided only if it is too large.
        :raises AirflowException: a statement failed, and none of its transaction took effect; see :meth:`run`.
        """
        for batch in _batches(groups):
            self.run(batch)
            log.info("%s statements have taken effect.", len(batch))

    def _failure(self, found: dict[str, Any]) -> AirflowException:
        reason = found.get("Error", "the Data API gives no reason")
        failed = [each.get("QueryString", "") for each in found.get("SubStatements", ()) if each["Status"] == "FAILED"]
        created = " ".join(match[0].split()) if failed and (match := _CREATES.match(failed[0])) else ""
        message = (
            f"The statements on the cluster {self.cluster!r} were {found['Status'].lower()}, and none took effect: "
            f"{f'{created}: ' if created else ''}{reason}"
        )
        if _WRONG_STATEMENT.search(reason) and not _is_conflict(reason):
            return AirflowFailException(message)
        return AirflowException(message)

    def _describe(self, statement: str) -> dict[str, Any]:
        if data_api_waits(self.client):
            return self.client.describe_statement(Id=statement, WaitTimeSeconds=_WAIT_SECONDS)
        latest = time.monotonic() + _WAIT_SECONDS
        while (found := self.client.describe_statement(Id=statement))["Status"] not in _ENDED:
            if time.monotonic() > latest:
                break
            time.sleep(_POLL_SECONDS)
        return found

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement)
        return [tuple(next(iter(field.values())) for field in row) for page in pages for row in page["Records"]]


def _is_conflict(reason: str) -> bool:
    """Return whether another transaction interfered, so that a retry may succeed.

    The detail of a conflict can read like that of a wrong statement, such as that of 1018, "Relation does not exist"
    (AWS page "Troubleshooting serializable isolation errors").
    """
    error = _ERROR.fullmatch(reason)
    return error is not None and ServerError("", error["message"], error["detail"] or "").is_conflict


def _batches(groups: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Yield the statements in their order, at most as many at a time as a transaction may have."""
    batch: list[str] = []
    for group in groups:
        for start in range(0, len(group), _MAXIMUM_STATEMENTS):
            part = group[start : start + _MAXIMUM_STATEMENTS]
            if len(batch) + len(part) > _MAXIMUM_STATEMENTS:
                yield batch
                batch = []
            batch = [*batch, *part]
    if batch:
        yield batch
