"""The site of the documentation, opened from the disk by a browser that is offline."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from local.settings import ROOT
from tests.browser import IN_A_BROWSER
from tests.support.site import build

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "html"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_reader_searches_and_opens_a_page(browser, site):
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "index.html").as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text("Documentation")
        search = page.get_by_role("textbox", name="Search")
        search.fill("backfill")
        search.press("Enter")
        page.get_by_role("link", name="Schedules and backfills", exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Schedules and backfills")
    assert requests
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_tables_fit_into_their_page(browser, site):
    """With the navigation beside them, in a window of a usual width."""
    with browser.new_context(offline=True, viewport={"width": 1300, "height": 900}) as context:
        page = context.new_page()
        wide = []
        # The first page only leads to the start page.
        for file in sorted({*site.rglob("*.html")} - {site / "index.html"}):
            page.goto(file.as_uri())
            widths = page.locator(".table-wrapper").evaluate_all(
                "tables => tables.map(each => each.scrollWidth - each.clientWidth)"
            )
            wide += [f"{file.relative_to(site)}: {more} pixels" for more in widths if more > 1]
    assert wide == []
