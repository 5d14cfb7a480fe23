"""Visits the stack's pages in a new browser profile, and verifies that no other host is contacted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request

from local.settings import Settings

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

# Content that is part of the page itself.
NOT_FETCHED = {"about", "blob", "data"}


@contextmanager
def visit(browser: Browser, settings: Settings, **options: Any) -> Iterator[Page]:
    """Open a page; at the end, assert that only Airflow and the local S3 have received requests.

    :param options: options of Playwright's ``new_context``, such as stored state, window size and color scheme.
    """
    foreign: list[str] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in NOT_FETCHED and f"{address.scheme}://{address.netloc}" not in own:
            foreign.append(request.url)

    own = {settings.airflow_url, settings.aws_url}
    context = browser.new_context(**{"viewport": DESKTOP, **options})
    try:
        context.on("request", note)
        yield context.new_page()
    finally:
        context.close()
    assert foreign == []
