"""The shop example in a real Airflow: a backfill of a day, forwards and backwards, each into empty tables."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone

import pytest

from local.datagen.shop import ShopOptions
from local.shop import upload_shop
from local.stack.aws_client import aws_client
from local.stack.cluster_login import require_login
from local.stack.dag_ids import CREATE_CLUSTER, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE
from local.stack.dag_run import FINISHED, run_dag, wait_for_dag
from local.stack.environment import BUCKET
from local.stack.upload import delete
from standin_support.waiting import wait_until
from tests.model.shop import shop
from tests.support import shop_tables
from tests.support.new_warehouse import EXAMPLE_PREFIXES

# Each direction takes minutes: every task is a process.
pytestmark = [pytest.mark.long("a day of the shop example in a real Airflow"), pytest.mark.timeout(1800)]

SHOP = "shop_etl"
HOURS = 24
FIRST, LAST = (datetime(2025, 3, 1, number, tzinfo=timezone.utc) for number in (0, HOURS - 1))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("generated")


@pytest.fixture(scope="module")
def warehouse(stack, api, files, progress):
    """A new cluster, and a bucket with the files of the shop; both are deleted afterwards."""
    uploaded = upload_shop(stack.settings, ShopOptions(hours=HOURS), files)
    run_dag(api, progress, CREATE_CLUSTER, {"prefixes": [*EXAMPLE_PREFIXES, "manifests/"]})
    with require_login(stack.settings).connect() as connection:
        yield connection
    run_dag(api, progress, TEARDOWN_CLUSTER, TEARDOWN_WITHOUT_TRACE)
    delete(aws_client(stack.settings, "s3"), BUCKET, [key for key, _ in uploaded.objects()])


def finished_hours(api) -> int:
    return api.count_runs(SHOP, FIRST, LAST, FINISHED)


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_day_hour_by_hour_matches_the_model(api, warehouse, files, backwards):
    shop_tables.drop_tables(warehouse.execute)
    for table in ("etl.loads", "etl.loaded_files", "etl.listings", "etl.snapshots"):
        warehouse.execute(f"delete from {table}")
    shop_tables.create_tables(warehouse.execute)
    wait_for_dag(api, SHOP)
    api.unpause(SHOP)
    backfill = api.start_backfill(SHOP, FIRST, LAST, backwards=backwards, reprocess="completed")
    # One by one, because a wait has a limit.
    for number in range(1, HOURS + 1):
        wait_until(lambda number=number: finished_hours(api) >= number, f"{number} hours have run")
    wait_until(lambda: api.backfill_is_complete(backfill), "the backfill ends")

    assert Counter(run["state"] for run in api.runs(SHOP, FIRST, LAST)) == {"success": HOURS}
    expected = shop(files)
    assert shop_tables.rows(lambda query: warehouse.execute(query).fetchall()) == expected
    assert {len(rows) > 5 for rows in expected.values()} == {True}
