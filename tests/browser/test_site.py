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
