"""Which errors of the Data API are retried: those of another transaction, but not those of a wrong statement."""

from __future__ import annotations

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from botocore.stub import Stubber

from redshift_elt.cluster.data_api import Administrator

DUPLICATE = 'duplicate key value violates unique constraint "pg_type_typname_nsp_index"'


@pytest.mark.parametrize(
    ("reason", "retried"),
    [
        ("Query #2 failed with ERROR: 1018\n  Detail: Relation does not exist.", True),
        ("ERROR: 1018\n  Detail: Relation does not exist.", True),
        (f"ERROR: {DUPLICATE}\n  Detail: Key (typname, typnamespace)=(orders, 2200) already exists.", True),
        ("ERROR: 1023\n  Detail: Serializable isolation violation on table - 130823, transactions ...", True),
        ('Query #2 failed with ERROR: relation "orders" does not exist', False),
        ('ERROR: syntax error at or near "1018"\n  Position: 8', False),
        ("ERROR: permission denied for schema shop", False),
        ("The cluster is busy.", True),
    ],
)
def test_conflicts_are_retried_and_wrong_statements_are_not(reason, retried):
    client = boto3.client("redshift-data", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as aws:
        aws.add_response("batch_execute_statement", {"Id": "1"})
        aws.add_response("describe_statement", {"Id": "1", "Status": "FAILED", "Error": reason})
        with pytest.raises(AirflowException, match="none took effect") as failed:
            Administrator(client, "sparkify", "dev", "arn:aws:secretsmanager:::secret:s").run(["select 1"])
    assert isinstance(failed.value, AirflowFailException) is not retried
    assert reason in str(failed.value)
