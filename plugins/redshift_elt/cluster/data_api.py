"""Run SQL as the administrator through the Redshift Data API, which reads the password from its secret."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowException

log = logging.getLogger(__name__)

# The limit of BatchExecuteStatement (AWS API reference).
_MAXIMUM_STATEMENTS = 40
# The longest time that DescribeStatement waits for the end of a statement.
_WAIT_SECONDS = 30
_ENDED = ("FINISHED", "FAILED", "ABORTED")


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
        """
        if len(statements) > _MAXIMUM_STATEMENTS:
            raise AirflowException(
                f"{len(statements)} statements are more than the Data API runs in one transaction: at most "
                f"{_MAXIMUM_STATEMENTS}. Combine DDL files, or leave out statements that are no longer needed."
            )
        submitted = self.client.batch_execute_statement(
            ClusterIdentifier=self.cluster, Database=self.database, SecretArn=self.secret_arn, Sqls=list(statements)
        )["Id"]
        while (found := self._describe(submitted))["Status"] not in _ENDED:
            log.info("Statement %s: %s.", submitted, found["Status"])
        if found["Status"] != "FINISHED":
            raise AirflowException(
                f"The statements on the cluster {self.cluster!r} were {found['Status'].lower()}, and none took effect: "
                f"{found.get('Error', 'the Data API gives no reason')}"
            )
        last = found["SubStatements"][-1]
        return self._rows(last["Id"]) if last.get("HasResultSet") else []

    def _describe(self, statement: str) -> dict[str, Any]:
        return self.client.describe_statement(Id=statement, WaitTimeSeconds=_WAIT_SECONDS)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement)
        return [tuple(next(iter(field.values())) for field in row) for page in pages for row in page["Records"]]
