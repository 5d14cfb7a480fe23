"""A failed check: from the red square to the reason, and back to green."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from playwright.sync_api import expect

from local.stack.aws_client import aws_client
from local.stack.dag_ids import LOAD
from local.stack.environment import BUCKET
from tests.browser import IN_A_BROWSER
from tests.browser.days import log_key, plays_in

pytestmark = IN_A_BROWSER

DAY = datetime(2018, 11, 6)
KEY = log_key(DAY)
PAID, UNKNOWN = b'"level":"paid"', b'"level":"gold"'


def loaded(warehouse):
    return warehouse.execute("select count(*) from songplays where trunc(start_time) = '2018-11-06'").fetchone()[0]


def test_failed_check_is_logged_with_a_reason_and_the_corrected_file_loads(
    stack, ui, page, warehouse, dataset, picture
):
    s3 = aws_client(stack.settings, "s3")
    right = (dataset.directory / KEY).read_bytes()
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=right.replace(PAID, UNKNOWN, 1))
    [wrong] = [json.loads(line) for line in right.splitlines() if PAID in line][:1]

    ui.open_dag(LOAD)
    ui.switch_on()
    form = ui.form()
    form.pick("Window start", DAY)
    form.pick("Window end", DAY + timedelta(days=1))
    form.submit()
    ui.expect_end("Failed")
    ui.expect_task("stage_events", "Failed")
    for load in ("load_songplays", "load_users"):
        ui.expect_task(load, "Upstream Failed")

    ui.open_task("stage_events")
    expect(ui.log).to_contain_text("1 of 3 checks failed. Nothing was loaded")
    expect(ui.log).to_contain_text("staging_events: values of level that are not accepted: expected 0, found 1")
    expect(ui.log).to_contain_text("session_id, item_in_session, level")
    expect(ui.log).to_contain_text(f"{wrong['sessionId']}, {wrong['itemInSession']}, gold")
    # The lines of code below the message can be collapsed.
    ui.log.get_by_text("1 of 3 checks failed").click()
    expect(ui.log.get_by_text("task_runner.py").first).to_be_hidden()
    picture(page, "failed-check")
    assert loaded(warehouse) == 0

    s3.put_object(Bucket=BUCKET, Key=KEY, Body=right)
    ui.clear("stage_events")
    ui.expect_end("Success")
    ui.open_run(LOAD, ui.run_id())
    ui.expect_end("Success")
    assert loaded(warehouse) == plays_in(dataset, DAY)
