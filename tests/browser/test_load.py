"""A load that a data engineer starts and follows in the UI."""

from __future__ import annotations

from datetime import datetime, timedelta

from playwright.sync_api import expect

from local.stack.dag_ids import LOAD
from tests.browser import IN_A_BROWSER
from tests.browser.days import plays_in

pytestmark = IN_A_BROWSER

DAY = datetime(2018, 11, 5)


def test_day_loaded_with_the_form_has_its_row_count_in_the_log(ui, page, warehouse, dataset, picture):
    ui.open_dag(LOAD)
    ui.switch_on()
    form = ui.form()
    form.pick("Window start", DAY)
    form.pick("Window end", DAY + timedelta(days=1))
    picture(page, "form")
    form.submit()

    ui.expect_end("Success")
    ui.expect_task("check_star_schema", "Success")
    ui.show_graph()
    picture(page, "run")
    ui.show_grid()

    ui.open_task("load_songplays")
    plays = plays_in(dataset, DAY)
    expect(ui.log).to_contain_text("Window: 2018-11-05 00:00 to 2018-11-06 00:00 UTC (params).")
    expect(ui.log).to_contain_text(f"songplays: {plays:,} rows staged; {plays:,} inserted")
    picture(page, "log")
    loaded = warehouse.execute("select count(*) from songplays where trunc(start_time) = '2018-11-05'").fetchone()
    assert loaded == (plays,)


def test_form_uses_the_time_zone_of_its_calendar(ui, page, warehouse):
    # Where the clock in the menu stores the time zone.
    page.add_init_script("localStorage.setItem('timezone', JSON.stringify('Europe/Berlin'))")
    ui.open_dag(LOAD)
    ui.switch_on()
    form = ui.form()
    form.pick("Window start", DAY + timedelta(hours=9))
    form.pick("Window end", DAY + timedelta(hours=10))
    form.submit()
    ui.expect_end("Success")
    ui.open_task("stage_events")
    expect(ui.log).to_contain_text("Window: 2018-11-05 08:00 to 2018-11-05 09:00 UTC (params).")
