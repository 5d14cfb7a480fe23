"""A task whose connection is cut at each of its statements, and whose retry completes the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
import redshift_connector
from airflow.models.connection import Connection
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

from local.stack.cluster_login import ClusterLogin
from redshift_elt.connection.transaction import ConnectionLostError
from tests.support.faults import Line, Moment, before_each_statement, cut, shut_down
from tests.support.postgres_admin import Contents, PostgresAdmin
from tests.support.warehouse import Run

# They have a row for each committed attempt, even if the client did not learn of the commit.
ATTEMPTS_ARE_KEPT_IN = {"etl.loads", "etl.check_results"}


@contextmanager
def direct_login(endpoint: ClusterLogin) -> Iterator[None]:
    """Connect to the cluster by its address and password while the block runs.

    Slow steps that each task would repeat are done once or omitted: creating AWS clients, finding the cluster, and
    reading CA certificates.
    """
    login = Connection(
        conn_type="redshift",
        host=endpoint.host,
        port=endpoint.port,
        login=endpoint.user,
        password=endpoint.password,
        schema=endpoint.database,
    )
    make = AwsGenericHook.get_client_type
    clients = cache(lambda kind, conn_id, region: make(AwsGenericHook(conn_id, client_type=kind), region_name=region))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", login.as_json())
        patch.setenv("SSL_CERT_FILE", endpoint.certificate)
        patch.setattr(
            AwsGenericHook,
            "get_client_type",
            lambda hook, region_name=None, **_: clients(hook.client_type, hook.aws_conn_id, region_name),
        )
        yield


def cut_off_at_copy(run: Run, task_id: str, number: int) -> None:
    """Execute the task, and lose its connection before it copies a period.

    :param number: which of the periods that the task copies, beginning with 1.
    """
    copies = 0

    def disconnect(connection: redshift_connector.Connection, statement: str) -> None:
        nonlocal copies
        copies += "__incoming" in statement and statement.startswith("copy ")
        if copies == number:
            shut_down(connection)

    with before_each_statement(disconnect), pytest.raises(ConnectionLostError):
        run.execute(task_id)


def cut_at_each_statement(run: Run, task_id: str, postgres_admin: PostgresAdmin, *others: int) -> list[str]:
    """Execute the task repeatedly, cut off one step later each time, and restore the state from before it.

    Each execution is thus the retry of the previous one. If an execution has left every table unchanged, its retry is
    equivalent to a first execution; an execution that was committed is followed by one that is not cut off.

    :param others: the process ids of other sessions, such as that of a reader.
    :return: the statements of the task.
    """
    before = postgres_admin.contents()
    postgres_admin.save("task")
    uncut = cut_off(run, task_id, number=0)
    after = postgres_admin.contents()
    postgres_admin.restore("task")
    in_transaction = "begin transaction" in uncut.statements
    commits = {statement for statement in uncut.statements if statement == "commit" or not in_transaction}
    assert commits
    for number, statement in enumerate(uncut.statements, 1):
        for moment in Moment if statement in commits else (Moment.BEFORE, Moment.ANSWERED):
            line = cut_off(run, task_id, number, moment)
            postgres_admin.wait_until_alone(*others)
            place = f"{task_id}, cut {moment.value}, which is number {number}: {statement}"
            assert line.statements[:number] == uncut.statements[:number], place
            if (left := postgres_admin.contents()) != before:
                assert commits & {*line.statements[: number - (moment is Moment.BEFORE)]}, place
                assert left == after, place
                run.execute(task_id)
                assert differences(postgres_admin.contents(), after) <= ATTEMPTS_ARE_KEPT_IN, place
                postgres_admin.restore("task")
    run.execute(task_id)
    assert postgres_admin.contents() == after
    postgres_admin.restore("task")
    return uncut.statements


def cut_off(run: Run, task_id: str, number: int, moment: Moment = Moment.BEFORE) -> Line:
    """Execute a task with its connection cut at the statement with this number; 0 does not cut it."""
    with cut(number, moment) as line:
        try:
            run.execute(task_id)
        except ConnectionLostError:
            assert number
        else:
            # If a statement is cut while it is sent, its response may have arrived before.
            assert not number or moment is Moment.SENT
    return line


def differences(contents: Contents, other: Contents) -> set[str]:
    """Return the tables whose rows differ."""
    return {table for table in contents.keys() | other.keys() if contents.get(table) != other.get(table)}
