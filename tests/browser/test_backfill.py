"""A backfill as a data engineer starts it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from local.stack.dag_ids import LOAD
from tests.browser import IN_A_BROWSER
from tests.browser.airflow_ui import RUN_MILLISECONDS
from tests.model import star_schema as model

pytestmark = IN_A_BROWSER

# More hours, in several orders, are backfilled by tests/airflow/test_backfill.py.
FIRST, LAST = datetime(2018, 11, 7, 14), datetime(2018, 11, 7, 16)
HOURS = 3
AT_ONCE = 2


def test_hours_backfilled_from_the_ui_match_the_model(ui, page, warehouse, dataset):
    ui.open_dag(LOAD)
    ui.switch_on()
    form = ui.form()
    form.choose("Backfill")
    form.pick("From", FIRST)
    form.pick("To", LAST)
    expect(form.dialog).to_contain_text(f"{HOURS} runs will be triggered")
    form.dialog.get_by_role("spinbutton").first.fill(str(AT_ONCE))
    form.submit("Run Backfill")
    expect(page.get_by_text("Backfill in progress")).to_be_visible()

    ui.open_backfilled_runs(LOAD)
    # A run is named after the end of its hour.
    runs = page.get_by_role("row", name=re.compile(r"backfill__2018-11-07T"))
    expect(runs.filter(has_text="Success")).to_have_count(HOURS, timeout=RUN_MILLISECONDS)
    expect(runs).to_have_count(HOURS)

    expected = model.star_schema(dataset.directory, FIRST, LAST + timedelta(hours=1))["songplays"]
    found = warehouse.execute("select * from songplays where trunc(start_time) = '2018-11-07'").fetchall()
    assert model.comparable(found) == expected
    assert len(found) == len(expected) > 0
