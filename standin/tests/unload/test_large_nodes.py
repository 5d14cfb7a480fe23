"""UNLOAD on a cluster of large nodes: AWS pages "UNLOAD", ROWGROUPSIZE, and "Clusters and nodes in Amazon Redshift"."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from standin_support.whole import BUCKET, whole_standin

TWO_LARGE_NODES = {"NodeType": "ra3.4xlarge", "ClusterType": "multi-node", "NumberOfNodes": 2}


@pytest.fixture
def large(endpoint_postgres, certificates, tmp_path, monkeypatch):
    monkeypatch.setenv("REDSHIFT_STANDIN_CLUSTER_SECONDS", "0")
    with whole_standin(endpoint_postgres, certificates, tmp_path, **TWO_LARGE_NODES) as whole:
        yield whole


def test_each_of_eight_slices_writes_a_file_with_row_groups_of_a_size(large):
    connection = large.psycopg()
    connection.execute("create table t (n integer)")
    for number in range(9):
        connection.execute("insert into t values (%s)", (number,))
    connection.execute(
        f"unload ('select n from t order by n') to 's3://{BUCKET}/t_' iam_role default parquet rowgroupsize 64 mb"
    )
    # There are eight slices, so the ninth row goes to the first slice again.
    numbers = {
        key: pq.read_table(io.BytesIO(content)).column("n").to_pylist() for key, content in large.objects().items()
    }
    assert numbers == {
        f"t_{slice_number:04}_part_00.parquet": rows
        for slice_number, rows in enumerate([[0, 8], [1], [2], [3], [4], [5], [6], [7]])
    }
