"""A percent sign in the SELECT of a load is literal with both drivers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.load_fact import LoadFactOperator

CONTEXT = {
    "params": {"window_start": "2018-11-01T00:00:00", "window_end": "2018-11-02T00:00:00"},
    "dag_run": SimpleNamespace(dag_id="percent", run_id="one"),
    "ti": SimpleNamespace(dag_id="percent", run_id="one", task_id="load", try_number=1),
}
SELECT = """\
select replace('a%20b', '%20', ' ') as page, '100%' as share, timestamp '2018-11-01 12:00:00' as at
where 'x' like '%'"""


@pytest.mark.parametrize("conn_id", ["redshift_default", "redshift_as_postgres"])
@pytest.mark.parametrize(
    ("operator", "arguments"),
    [
        (LoadFactOperator, {"window_column": "at"}),
        (LoadDimensionOperator, {"strategy": MergeRows(identical_rows=True)}),
    ],
)
def test_percent_sign_arrives_unchanged(warehouse, through_postgres, conn_id, operator, arguments):
    warehouse.execute("create table shares (page varchar(16), share varchar(16), at timestamp)")
    try:
        load = operator(task_id="load", table="shares", select=SELECT, key="page", conn_id=conn_id, **arguments)
        assert load.execute(CONTEXT)["inserted"] == 1
        assert warehouse.query("select page, share from shares") == [("a b", "100%")]
    finally:
        warehouse.execute("drop table shares")
        warehouse.execute("drop table if exists etl.lock_shares")
