"""The measurable layout of a page."""

from __future__ import annotations

import re

from playwright.sync_api import Frame, Page


def expect_no_sideways_scrolling(page: Page) -> None:
    """Assert that the page is not wider than the window."""
    content, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert content <= window


def colours_of(page: Page | Frame) -> str:
    """Return ``light`` or ``dark``, from the brightness of background and text."""
    style = page.evaluate(
        "() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color] }"
    )
    paper, ink = (sum(int(number) for number in re.findall(r"\d+", colour)[:3]) for colour in style)
    return "light" if paper > ink else "dark"
