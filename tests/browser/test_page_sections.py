"""Sections of the Warehouse page: handwritten server responses, rendered by the page's scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import IN_A_BROWSER

pytestmark = IN_A_BROWSER

RUN = {
    "run_id": "cleared",
    "kind": "manual",
    "state": "success",
    "full_load": False,
    "window": ["2018-11-05T00:00:00Z", "2018-11-06T00:00:00Z"],
    "started_at": "2018-11-06T00:00:00Z",
    "seconds": 9.0,
}
# The latest load is first, as the server sorts them.
AGAIN = {"inserted": 0, "unchanged": 389}
FIRST = {"inserted": 389, "unchanged": 0}
BROKEN = "Airflow responded with status 500. See the log of the API server."


def load(**counts):
    rest = dict.fromkeys(("updated", "deleted", "late", "objects", "rejected"), 0)
    phases = dict.fromkeys(("staging_seconds", "waiting_seconds", "preparing_seconds", "writing_seconds"), 0.5)
    return {
        "run_id": "cleared", "target": "songplays", "task_id": "load_songplays", "rows_staged": 389, "rows_read": 493,
        "started_at": "2018-11-06T00:00:00Z", "loaded_at": "2018-11-06T00:00:02Z", **rest, **phases, **counts,
    }  # fmt: skip


@pytest.fixture
def opened(page, stack):
    """The page without data."""
    page.route("**/warehouse/data/*", lambda route: route.fulfill(status=500, body=""))
    page.goto(f"{stack.settings.airflow_url}/warehouse/")
    return page


def cells(opened, module, call, *arguments):
    """Return the texts of the table rows that a function of the page's scripts creates."""
    script = f"""async (given) => {{
        const {{ {call} }} = await import("/warehouse/static/{module}.js");
        const made = [{call}(...given)].flat();
        const rows = made.flatMap((part) => [...part.querySelectorAll("tbody > tr")]);
        return rows.map((row) => [...row.children].map((cell) => cell.innerText));
    }}"""
    return opened.evaluate(script, list(arguments))


def test_page_without_rejects_says_of_which_dag(opened):
    script = """async () => {
        const { rejects } = await import("/warehouse/static/sections.js");
        return rejects("shop_etl", { rejects: [], rejects_count: 0 }).map((part) => part.textContent);
    }"""
    assert opened.evaluate(script) == ["No rejected records of shop_etl. Other DAGs are not shown here."]


def test_cleared_run_shows_its_latest_counts(opened):
    rows = cells(opened, "runs", "runs", {"dag_id": "sparkify_etl", "runs": [RUN]}, [load(**AGAIN), load(**FIRST)])
    assert rows[0][4:7] == ["493", "0", "389"]
    # The expanded row contains a table, with one line for the target that was loaded twice.
    assert [row[0] for row in rows].count("songplays") == 1


@pytest.mark.parametrize(
    ("rebuilt", "shown"),
    [("2018-11-20T00:00:00Z", "all files as of"), ("2018-11-10T00:00:00Z", "until 2018-11-15 17:00")],
)
def test_latest_data_of_a_table_is_its_last_window_or_full_load(opened, rebuilt, shown):
    table = {"name": "songplays", "rows": 5, "loaded_at": rebuilt, "newest": None}
    [row] = cells(opened, "sections", "tables", [{**table, "reaches": "2018-11-15T17:00:00Z", "rebuilt_at": rebuilt}])
    assert shown in row[3]


def test_check_of_a_full_load_has_everything_as_its_window(opened):
    check = {"target": "songs", "check": "rows", "outcome": "failed", "expected": "1", "actual": "0"}
    window = {"window_start": "1970-01-01T00:00:00Z", "window_end": "9999-01-01T00:00:00Z", "full_load": True}
    failed = {**check, **window, "checked_at": "2018-11-15T17:00:00Z", "run_id": "full"}
    answer = {"checks_now": [check], "checks_not_passed": [failed], "checks_by_day": [], "month": "2018-11"}
    [row, _] = cells(opened, "checks", "checks", "sparkify_etl", answer)
    assert row[0] == "everything"


def test_each_section_reports_a_server_failure(opened):
    for section in ("runs-body", "report-body"):
        expect(opened.locator(f"#{section}")).to_have_text(BROKEN)
