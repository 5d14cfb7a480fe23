"""The static files: nothing from other hosts, nothing inline, nothing that interprets text as HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import warehouse_page

STATIC = Path(warehouse_page.__file__).with_name("static")
FILES = sorted(STATIC.iterdir())


def without_comments(file):
    text = file.read_text("utf-8")
    if file.suffix == ".js":
        text = re.sub(r"^\s*(//|/?\*).*$", "", text, flags=re.MULTILINE)
    return text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_fetched_from_other_hosts(file):
    text = without_comments(file)
    assert not re.search(r"https?:|wss?:|[\"'(`]//|@import|\burl\(|@font-face", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_is_interpreted_as_html_or_code(file):
    text = without_comments(file)
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|srcdoc|DOMParser|createContextualFragment"
    assert not re.search(ways + r"|\beval\b|new Function|javascript:|\bon[a-z]+=", text)


def test_page_has_no_inline_style_or_script():
    html = (STATIC / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)", html)


def test_all_referenced_files_exist():
    named = set(re.findall(r'(?:src|href)="static/([^"]+)"', (STATIC / "index.html").read_text("utf-8")))
    for file in FILES:
        if file.suffix == ".js":
            named |= set(re.findall(r'(?:from|import) "\./([^"]+)"', file.read_text("utf-8")))
    assert named == {file.name for file in FILES} - {"index.html"}


# Text colors and their backgrounds. WCAG 2.2 requires a contrast of 4.5 (success criterion 1.4.3).
TEXTS = [
    ("ink", "paper"),
    ("ink", "warn-soft"),
    ("soft", "paper"),
    ("soft", "raised"),
    ("soft", "missing"),
    ("soft", "empty"),
    ("link", "paper"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("busy", "busy-soft"),
    ("paper", "bad"),
]


def colours(selector):
    css = (STATIC / "page.css").read_text("utf-8")
    [block] = re.findall(rf"^{re.escape(selector)} {{([^}}]+)}}", css, flags=re.MULTILINE)
    return dict(re.findall(r"--([a-z0-9-]+): #([0-9a-f]{6});", block))


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("selector", [":root", ":root.dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_is_readable_in_light_and_dark(selector, text, ground):
    known = colours(selector)
    darker, lighter = sorted(luminance(known[name]) for name in (text, ground))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_light_and_dark_define_the_same_colors():
    assert set(colours(":root")) == set(colours(":root.dark"))
