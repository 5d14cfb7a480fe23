"""The approval form of the teardown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from local.stack.aws_client import aws_client
from local.stack.dag_ids import TEARDOWN_CLUSTER
from local.stack.dag_run import FINISHED
from local.stack.environment import CLUSTER
from tests.browser import IN_A_BROWSER

pytestmark = IN_A_BROWSER


@pytest.fixture
def teardown_run(ui, api, warehouse):
    """Trigger the teardown with its form. At the end, no run waits for approval, because other runs would queue."""
    ui.open_dag(TEARDOWN_CLUSTER)
    ui.form().submit()
    run_id = ui.run_id()
    yield
    if api.run_state(TEARDOWN_CLUSTER, run_id) not in FINISHED:
        api.fail_run(TEARDOWN_CLUSTER, run_id)


def test_approval_lists_what_will_be_deleted_and_rejection_deletes_nothing(stack, ui, page, teardown_run):
    ui.expect_task("approve", "Awaiting Input")
    ui.open_task("approve")
    page.get_by_role("link", name="Required Action").click()
    expect(page.get_by_text(f"Delete the Redshift cluster {CLUSTER}?")).to_be_visible()
    expect(page.get_by_text("Its role, security group, parameter group and secret go with it.")).to_be_visible()
    expect(page.get_by_text("A final snapshot is taken first")).to_be_visible()
    page.get_by_role("button", name="Reject").click()

    ui.open_run(TEARDOWN_CLUSTER, ui.run_id())
    ui.expect_end("Success")
    for task_id in ("delete_cluster", "delete_copy_role", "delete_security_group", "delete_parameter_group"):
        ui.expect_task(task_id, "Skipped")
    [cluster] = aws_client(stack.settings, "redshift").describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"]
    assert cluster["ClusterStatus"] == "available"
