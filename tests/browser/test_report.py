"""The report that an analyst opens, from the run that publishes it to the charts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from local.stack.environment import BUCKET
from tests.browser import IN_A_BROWSER
from tests.browser.layout import colours_of, expect_no_sideways_scrolling
from tests.browser.visit import PHONE, visit

pytestmark = IN_A_BROWSER

REPORT = "sparkify_report"
# Two of the eleven answers are numbers without a chart, and one has a chart for each gender.
CHARTS = 10


def test_report_log_has_its_location_and_the_report_has_charts_and_numbers(ui, page, report, warehouse, picture):
    ui.open_dag(REPORT)
    ui.switch_on()
    ui.form().submit()
    ui.expect_end("Success")
    ui.open_task("publish_report")
    expect(ui.log).to_contain_text(f"s3://{BUCKET}/reports/index.html")

    page.goto(report)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sparkify: what is played, when, where and by whom")
    charts = page.get_by_role("img", name="Chart: ")
    expect(charts).to_have_count(CHARTS)
    for chart in charts.all():
        expect(chart).to_be_visible()
    for table in ("songplays", "users", "songs", "artists", "time"):
        [rows] = warehouse.execute(f"select count(*) from {table}").fetchone()
        expect(page.get_by_role("row", name=f"{table} {rows:,}", exact=True)).to_be_visible()
    picture(page, "report")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_report_fits_a_phone_in_light_and_dark(browser, stack, report, colours):
    with visit(browser, stack.settings, viewport=PHONE, color_scheme=colours) as phone:
        phone.goto(report)
        expect(phone.get_by_role("img", name="Chart: ")).to_have_count(CHARTS)
        expect_no_sideways_scrolling(phone)
        assert colours_of(phone) == colours
