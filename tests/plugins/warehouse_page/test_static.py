"""What the browser is given: nothing from elsewhere, nothing inline, nothing that reads text as HTML."""

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
def test_nothing_is_fetched_from_elsewhere(file):
    text = without_comments(file)
    assert not re.search(r"https?:|wss?:|[\"'(`]//|@import|\burl\(|@font-face", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_is_read_as_html_or_code(file):
    text = without_comments(file)
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|srcdoc|DOMParser|createContextualFragment"
    assert not re.search(ways + r"|\beval\b|new Function|javascript:|\bon[a-z]+=", text)


def test_the_page_has_no_style_or_script_of_its_own():
    html = (STATIC / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)", html)


def test_all_files_that_are_named_are_there():
    named = set(re.findall(r'(?:src|href)="static/([^"]+)"', (STATIC / "index.html").read_text("utf-8")))
    for file in FILES:
        if file.suffix == ".js":
            named |= set(re.findall(r'(?:from|import) "\./([^"]+)"', file.read_text("utf-8")))
    assert named == {file.name for file in FILES} - {"index.html"}
