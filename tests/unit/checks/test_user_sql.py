"""Values are bound by name: a positional placeholder in a user's SQL is found when the DAG is parsed."""

from __future__ import annotations

import pytest
from airflow.sdk import DAG

from redshift_elt.checks import EqualCounts, Query
from redshift_elt.operators.data_quality import DataQualityOperator

POSITIONAL = "select count(*) from orders where ordered_at >= %s and ordered_at < %s"
ERROR = r"contains %s, which has no value: write %\(window_start\)s and %\(window_end\)s"


@pytest.mark.parametrize("argument", ["sql", "rows_sql"])
def test_positional_placeholder_is_an_error(argument):
    with pytest.raises(ValueError, match=f"{argument} of 'total' {ERROR}"):
        Query(**{"table": "orders", "name": "total", "sql": "select 1", "equals": 1, argument: POSITIONAL})


@pytest.mark.parametrize("argument", ["expected_sql", "actual_sql", "rows_sql"])
def test_positional_placeholder_in_two_counts_is_an_error(argument):
    sql = {"expected_sql": "select 1", "actual_sql": "select 1", argument: POSITIONAL}
    with pytest.raises(ValueError, match=f"{argument} of 'both' {ERROR}"):
        EqualCounts(table="orders", name="both", **sql)


def test_positional_placeholder_in_a_file_is_an_error(tmp_path):
    (tmp_path / "total.sql").write_text(POSITIONAL)
    with DAG(dag_id="shop", schedule=None, template_searchpath=str(tmp_path)) as dag:
        check = Query(table="orders", name="total", sql="total.sql", equals=1)
        DataQualityOperator(task_id="check", checks=[check])
    with pytest.raises(ValueError, match=f"sql of 'total' {ERROR}"):
        dag.resolve_template_files()


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from orders where at < %(window_end)s",
        "select count(*) from orders where note like '%s' or note like 'it''s %s'",
        "select count(*) -- not %s\nfrom orders /* nor\n%s */",
        "select 7 % size",
        "select 7 %size",
    ],
)
def test_other_percent_signs_are_literal(sql):
    assert Query(table="orders", name="total", sql=sql, equals=1).statement() == sql
