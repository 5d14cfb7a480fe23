"""What a page looks like, as far as numbers tell it."""

from __future__ import annotations

import re

from playwright.sync_api import Frame, Page


def expect_no_sideways_scrolling(page: Page) -> None:
    """Hold the page's width against the window's."""
    content, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert content <= window


def colours_of(page: Page | Frame) -> str:
    """Tell by the brightness of paper and ink whether a page is ``light`` or ``dark``."""
    style = page.evaluate(
        "() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color] }"
    )
    paper, ink = (sum(int(number) for number in re.findall(r"\d+", colour)[:3]) for colour in style)
    return "light" if paper > ink else "dark"
