"""SQL through the Redshift Data API: as the administrator, whose password AWS takes from its secret by itself."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowException

log = logging.getLogger(__name__)

# BatchExecuteStatement takes no more (AWS API reference).
_MOST = 40
# The longest that DescribeStatement waits for an end by itself.
_WAIT_SECONDS = 30


@dataclass(frozen=True)
class Administrator:
    """Where statements run, and as whom.

    :param client: a client of ``redshift-data``.
    :param secret_arn: the secret of the cluster's administrator.
    """

    client: Any
    cluster: str
    database: str
    secret_arn: str

    def run(self, statements: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, and return the rows of the last one.

        :raises AirflowException: one failed, and none took effect.
        """
        if len(statements) > _MOST:
            raise AirflowException(f"{len(statements)} statements are more than the {_MOST} that the Data API takes.")
        submitted = self.client.batch_execute_statement(
            ClusterIdentifier=self.cluster, Database=self.database, SecretArn=self.secret_arn, Sqls=list(statements)
        )["Id"]
        while (told := self.client.describe_statement(Id=submitted, WaitTimeSeconds=_WAIT_SECONDS))["Status"] not in (
            "FINISHED",
            "FAILED",
            "ABORTED",
        ):
            log.info("Statement %s: %s.", submitted, told["Status"])
        if told["Status"] != "FINISHED":
            raise AirflowException(
                f"The statements on the cluster {self.cluster!r} were {told['Status'].lower()}, and none took effect: "
                f"{told.get('Error', 'the Data API does not say why')}"
            )
        last = told["SubStatements"][-1]
        return self._rows(last["Id"]) if last.get("HasResultSet") else []

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        pages = self.client.get_paginator("get_statement_result").paginate(Id=statement)
        return [tuple(next(iter(field.values())) for field in row) for page in pages for row in page["Records"]]
