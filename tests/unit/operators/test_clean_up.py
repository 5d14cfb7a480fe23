"""Which tables and manifests the clean-up removes. Its statements are in tests/unit/golden."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from airflow.sdk import DAG

from redshift_elt.operators.clean_up import CleanUpOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator


def test_staged_by_must_not_be_empty():
    with pytest.raises(ValueError, match="staged_by is empty: name the staging operators"):
        CleanUpOperator(task_id="clean_up")


def test_it_runs_after_the_staging_operators_and_keeps_no_ledger_for_them():
    with DAG("shop", schedule=None, start_date=datetime(2018, 11, 1, tzinfo=timezone.utc)):
        orders = StageToRedshiftOperator(task_id="stage", table="staging_orders", bucket="shop", prefix="orders/")
        clean_up = CleanUpOperator(task_id="clean_up", staged_by=[orders], trigger_rule="none_failed")
    assert clean_up.upstream_task_ids == {"stage"}
    assert not clean_up.needs_all_objects
    assert clean_up.ledger_target is None


def test_source_names_can_be_templates():
    with DAG("shop", schedule=None, start_date=datetime(2018, 11, 1, tzinfo=timezone.utc)):
        orders = StageToRedshiftOperator(
            task_id="stage", table="{{ params.table }}", bucket="{{ params.bucket }}", prefix="orders/"
        )
    rendered = orders.rendered({"params": {"table": "staging_orders", "bucket": "shop"}})
    assert (rendered.table, rendered.bucket) == ("staging_orders", "shop")
    assert orders.table == "{{ params.table }}"
