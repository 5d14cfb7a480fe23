"""The example DAGs can be parsed, and the local Airflow finds them."""

from __future__ import annotations

import json

from local.settings import ROOT, Settings
from local.stack.environment import airflow_variables
from local.stack.secret import Secrets
from redshift_elt import LoadDimensionOperator, LoadFactOperator
from redshift_standin import PostgresServer
from tests.support.airflow_versions import DagBag

EXAMPLES = ROOT / "docs" / "examples"


def test_local_airflow_has_the_examples_beside_the_dags(tmp_path):
    settings = Settings(tmp_path)
    postgres = PostgresServer(tmp_path / "postgres", settings.postgres_port)
    variables = airflow_variables(settings, postgres, Secrets.of(tmp_path), {})
    bundles = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    # Without a path, it is the folder of AIRFLOW__CORE__DAGS_FOLDER.
    assert [bundle["kwargs"] for bundle in bundles] == [{}, {"path": str(EXAMPLES)}]


def example_dags():
    bag = DagBag(EXAMPLES, bundle_path=EXAMPLES)
    assert bag.import_errors == {}
    assert set(bag.dags) == {"shop_etl", "shop_maintenance"}
    return bag.dags


def test_maintenance_of_the_shop_vacuums_the_tables_that_the_shop_loads():
    dags = example_dags()
    maintenance = {task.task_id: task for task in dags["shop_maintenance"].tasks}
    assert set(maintenance["vacuum"].tables) == {
        task.table for task in dags["shop_etl"].tasks if isinstance(task, (LoadFactOperator, LoadDimensionOperator))
    }
    assert maintenance["vacuum"].upstream_task_ids == {"remove_leftovers", "apply_retention"}


def test_shop_has_a_task_for_each_source_and_each_table():
    shop = example_dags()["shop_etl"]
    assert {task.task_id: task.downstream_task_ids for task in shop.tasks} == {
        "stage_orders": {"load_orders", "clean_up"},
        "stage_customers": {"load_customers", "load_customer_history", "clean_up"},
        "stage_products": {"load_products", "clean_up"},
        "load_orders": {"check_shop"},
        "load_customers": {"check_shop"},
        "load_customer_history": {"check_shop"},
        "load_products": {"check_shop"},
        "check_shop": {"clean_up"},
        "clean_up": set(),
    }
