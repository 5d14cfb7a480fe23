"""The Warehouse page in Airflow: its content after a successful and a failed load, and its access."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from local.stack.aws_client import aws_client
from local.stack.dag_ids import LOAD
from local.stack.dag_run import FINISHED
from local.stack.environment import ADMIN, BUCKET
from local.stack.secret import Secrets
from standin_support.waiting import wait_until
from tests.browser import IN_A_BROWSER
from tests.browser.airflow_ui import AirflowUi
from tests.browser.days import log_key, plays_between
from tests.browser.layout import colours_of, expect_no_sideways_scrolling
from tests.browser.visit import PHONE, visit

pytestmark = IN_A_BROWSER

REJECTING, FAILING = datetime(2018, 11, 8), datetime(2018, 11, 9)
NO_JSON = b'{"artist": no JSON\n'

DASH = "\N{EN DASH}"


def day_of(day, **params):
    return {"window_start": f"{day.isoformat()}Z", "window_end": f"{(day + timedelta(days=1)).isoformat()}Z", **params}


@pytest.fixture(scope="module")
def runs(stack, api, report, dataset):
    """Two days with an invalid line: one run has a reject limit and succeeds, the other one fails."""
    s3 = aws_client(stack.settings, "s3")
    for day in (REJECTING, FAILING):
        first, *rest = (dataset.directory / log_key(day)).read_bytes().splitlines(keepends=True)
        s3.put_object(Bucket=BUCKET, Key=log_key(day), Body=b"".join([first, NO_JSON, *rest]))
    rejecting = api.trigger(LOAD, day_of(REJECTING, max_rejects=5))
    failing = api.trigger(LOAD, day_of(FAILING))
    wait_until(lambda: {api.run_state(LOAD, run) for run in (rejecting, failing)} <= FINISHED, "the runs end")
    assert (api.run_state(LOAD, rejecting), api.run_state(LOAD, failing)) == ("success", "failed")
    return rejecting, failing


@pytest.fixture(scope="module")
def ended_at(runs):
    """The time when both runs had ended."""
    return datetime.now(timezone.utc)


@pytest.fixture
def shown(ui, runs, ended_at):
    """The page in its frame in Airflow's UI, with the state of the warehouse after the runs."""

    def frame_after_the_runs():
        ui.open_plugin("warehouse")
        frame = frame_of(ui.page)
        read_at = frame.locator("#about").get_by_role("time").get_attribute("datetime")
        return frame if datetime.fromisoformat(read_at.replace("Z", "+00:00")) > ended_at else None

    return wait_until(frame_after_the_runs, "the page reads the warehouse again: its snapshots are cached")


def frame_of(page):
    frame = page.locator("iframe").content_frame
    expect(frame.get_by_role("grid")).to_be_visible()
    return frame


def hour_of(shown, moment):
    return shown.get_by_role("gridcell", name=f"{moment:%Y-%m-%d %H:%M}", exact=False)


def hour_label(plays, moment):
    """Return the expected label in the heat map for an hour that a load covers."""
    state = f"loaded, {plays:,} {'row' if plays == 1 else 'rows'}" if plays else "empty: loaded, without any rows"
    return f"{moment:%Y-%m-%d %H:%M} {DASH} {state}"


def test_navigation_links_to_the_page(ui, page, runs):
    ui.open_home()
    page.get_by_role("link", name="Warehouse").click()
    expect(frame_of(page).get_by_role("heading", name="Warehouse")).to_be_visible()


def test_each_table_has_its_rows_and_the_last_runs_have_their_results(shown, page, warehouse, picture):
    for table in ("artists", "songplays", "songs", "time", "users"):
        [rows] = warehouse.execute(f"select count(*) from {table}").fetchone()
        row = shown.get_by_role("region", name="Tables").get_by_role("row", name=f"{table} {rows:,} ")
        expect(row).to_contain_text(re.compile("just now|ago"))
    last = shown.get_by_role("region", name="Last runs").last
    expect(last.get_by_role("row", name="2018-11-09, all day").first).to_contain_text("failed")
    run = last.get_by_role("row", name="2018-11-08, all day").first
    expect(run).to_contain_text("success")
    # The expanded row has a line for each table.
    run.get_by_role("button").click()
    [plays] = warehouse.execute("select count(*) from songplays where trunc(start_time) = '2018-11-08'").fetchone()
    expect(last.get_by_role("row", name=re.compile("^songplays")).first).to_contain_text(str(plays))
    shown.get_by_role("link", name="Runs").click()
    heading = shown.get_by_role("heading", name="Last runs")
    expect(heading).to_be_in_viewport()
    # Does not wait for smooth scrolling to end.
    heading.evaluate("heading => heading.scrollIntoView({ behavior: 'instant' })")
    picture(page, "warehouse-runs")


def test_hours_show_what_was_loaded_and_link_to_the_run(shown, ui, page, loaded_day, dataset, runs, picture):
    hours = [loaded_day + timedelta(hours=number) for number in range(24)]
    row = shown.get_by_role("row", name=f"{loaded_day:%Y-%m-%d}")
    labels = row.get_by_role("gridcell").evaluate_all("cells => cells.map((cell) => cell.getAttribute('aria-label'))")
    assert labels == [hour_label(plays_between(dataset, hour, hour + timedelta(hours=1)), hour) for hour in hours]
    picture(page, "warehouse")

    hour_of(shown, hours[12]).click()
    ui.open_task("load_songplays")
    expect(ui.log).to_contain_text("Window: 2018-11-05 00:00 to 2018-11-06 00:00 UTC")


def test_keyboard_navigates_from_the_menu_to_the_failed_run(shown, ui, page, runs):
    focused = shown.locator(":focus")
    press_until(page, "Tab", lambda: focused.get_attribute("role") == "gridcell" if focused.count() else False)
    for key in ("PageUp", *["ArrowDown"] * 8, "ArrowRight"):
        page.keyboard.press(key)
    expect(focused).to_have_accessible_name(f"2018-11-09 01:00 {DASH} failed: the last run for this hour failed")
    page.keyboard.press("Enter")
    assert ui.run_id() == runs[1]
    expect(ui.state).to_have_text("Failed")


def press_until(page, key, reached, most=100):
    for _ in range(most):
        page.keyboard.press(key)
        if reached():
            return
    raise AssertionError(f"{most} times {key}, and not there")


def test_checks_and_rejects_show_what_failed_and_where(shown, ui, page, runs):
    checks = shown.get_by_role("region", name="Checks", exact=True)
    expect(checks.get_by_role("row", name="2018-11-08, all day")).to_contain_text("damaged text in song or artist")
    expect(checks.get_by_role("row", name="songplays: plays staged but not loaded")).to_contain_text("passed")
    reject = shown.get_by_role("region", name="Rejected records").get_by_role("row", name=log_key(REJECTING))
    expect(reject).to_contain_text(NO_JSON.decode().strip())
    expect(reject.get_by_role("cell", name="2", exact=True)).to_be_visible()
    reject.get_by_role("link").click()
    assert ui.run_id() == runs[0]


def test_page_contains_the_report(shown, page):
    shown.get_by_role("heading", name="Report").scroll_into_view_if_needed()
    report = shown.get_by_title("The report").content_frame
    expect(report.get_by_role("heading", level=1)).to_have_text("Sparkify: what is played, when, where and by whom")
    chart = report.get_by_role("img", name="Chart: ").first
    chart.scroll_into_view_if_needed()
    expect(chart).to_be_visible()


def test_page_follows_the_dark_mode_switch_of_airflow(shown, page, picture):
    frame = page.locator("iframe").element_handle().content_frame()
    assert colours_of(frame) == "light"
    page.get_by_role("button", name="User").click()
    page.get_by_role("menuitem", name="Appearance").click()
    page.get_by_role("menuitemradio", name="Dark Mode").click()
    expect(shown.locator("html")).to_have_class("dark")
    assert colours_of(frame) == "dark"
    expect(page.get_by_role("menu")).to_have_count(0)
    picture(page, "warehouse-dark")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_page_scrolls_only_vertically_on_a_phone(browser, stack, remembered, runs, colours):
    options = {"storage_state": remembered, "viewport": PHONE, "color_scheme": colours}
    with visit(browser, stack.settings, **options) as phone:
        phone.goto(f"{stack.settings.airflow_url}/warehouse/")
        expect(phone.get_by_role("grid")).to_be_visible()
        expect(phone.get_by_title("The report")).to_be_attached()
        expect_no_sideways_scrolling(phone)
        assert colours_of(phone) == colours


def test_logged_out_user_is_redirected_to_the_login(browser, stack):
    # With a separate login, because logging out revokes the token, which the pages of the other tests share.
    with visit(browser, stack.settings) as page:
        ui = AirflowUi(page, stack.settings.airflow_url)
        ui.open_plugin("warehouse")
        ui.log_in(ADMIN, Secrets.of(stack.settings.state).admin_password)
        expect(page.locator("iframe")).to_be_visible()
        ui.log_out()
        expect(page.get_by_role("heading", name="Sign into Airflow")).to_be_visible()
        for path in ("/warehouse/", "/plugin/warehouse"):
            page.goto(f"{stack.settings.airflow_url}{path}")
            expect(page.get_by_role("heading", name="Sign into Airflow")).to_be_visible()
        for path in ("static/page.js", "data/runs", "data/warehouse", "data/report", "report/", "report/index.html"):
            assert page.request.get(f"{stack.settings.airflow_url}/warehouse/{path}").status == 401
