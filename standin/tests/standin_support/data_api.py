"""A client of the Data API for its tests."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from standin_support.whole import CLUSTER, DATABASE, USER

TARGET = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "DbUser": USER}


def ended(api, identifier):
    """Wait until a statement has ended, and return its description."""
    while True:
        described = api.describe_statement(Id=identifier, WaitTimeSeconds=30)
        if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            return described


def started(api, identifier):
    """Wait until a statement runs on the cluster."""
    while api.describe_statement(Id=identifier)["Status"] in ("SUBMITTED", "PICKED"):
        time.sleep(0.01)


def execute(api, sql, **more):
    return ended(api, api.execute_statement(Sql=sql, **{**TARGET, **more})["Id"])


def batch(api, *sqls, **more):
    return ended(api, api.batch_execute_statement(Sqls=list(sqls), **{**TARGET, **more})["Id"])


def value_of(api, described):
    """Return the first value of a statement's result."""
    field = api.get_statement_result(Id=described["Id"])["Records"][0][0]
    return next(iter(field.values()))


def refused(call, **arguments):
    """Return the code of the exception that a request raises."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]
