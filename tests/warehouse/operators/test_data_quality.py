"""Checks of the tables: the report, and the stored results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from redshift_elt import DataQualityOperator
from redshift_elt.checks import Query
from tests.support.warehouse import LOADS


def test_all_failed_checks_are_reported_together_and_every_result_is_kept(loaded):
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    for table in ("users", "etl.user_records"):
        loaded.execute(f"delete from {table}")
    for task in ("stage_events", "stage_songs", *LOADS):
        run.execute(task)
    loaded.execute("insert into users select * from users where user_id = (select min(user_id) from users)")
    loaded.execute("delete from songplays where start_time = (select min(start_time) from songplays)")
    with pytest.raises(AirflowFailException) as failure:
        run.execute("check_star_schema")
    assert "users: repeated user_id: expected 0, found 1" in str(failure.value)
    assert "songplays: plays staged but not loaded, or the reverse: expected 0, found 1" in str(failure.value)
    [repeated] = loaded.query("select min(user_id) from users")[0]
    assert f"found 1\n    user_id, rows\n    {repeated}, 2" in str(failure.value)
    failed = (
        "select target, check_name from etl.check_results where run_id = %(run)s and outcome = 'failed' order by target"
    )
    assert [target for target, _ in loaded.query(failed, run=run.run_id)] == ["songplays", "users"]
    kept = "select count(*) from etl.check_results where run_id = %(run)s"
    # Three checks each of songs and artists are for whole tables, which this run has not changed; three are for the
    # staged events.
    assert loaded.query(kept, run=run.run_id) == [(18 - 6 + 3,)]


def test_sql_of_checks_can_name_the_run_in_two_ways(warehouse):
    sql = "select count(*) from this_run where dag_id = %(dag_id)s and run_id = %(run_id)s and run_id like 'test-%'"
    with DAG("checks", schedule=None) as dag:
        DataQualityOperator(task_id="check", checks=[Query(table="songs", name="the run", sql=sql, equals=1)])
    run = replace(warehouse.run("2018-11-01T00:00:00", "2018-11-02T00:00:00"), dag=dag)
    assert run.execute("check")["passed"] == 1
