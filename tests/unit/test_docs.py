"""The tests, files and decisions that the documentation names exist."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from local.settings import ROOT
from redshift_elt.cluster import price

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "local").rglob("*.md"),
        *(ROOT / "standin").rglob("*.md"),
    ]
)
TESTS = {file.name: file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py")}

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_points_to_a_file(page):
    targets = [link for link in LINK.findall(page.read_text("utf-8")) if not link.startswith(("https://", "http://"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_has_one_title(page):
    """A second heading of the first level would be a page of its own in the navigation of the site."""
    prose = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1


def test_every_test_named_in_the_guarantees_exists():
    named = set(re.findall(r"`(test_\w+(?:\.py)?)`", (ROOT / "docs" / "guarantees.md").read_text("utf-8")))
    assert len(named) > 10
    missing = {
        name for name in named if name not in TESTS and not any(f"def {name}(" in text for text in TESTS.values())
    }
    assert missing == set()


def test_every_test_named_in_the_threat_model_exists():
    named = set(re.findall(r"`((?:unit|warehouse|airflow)/[\w/.]*)`", (ROOT / "SECURITY.md").read_text("utf-8")))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / "tests" / name).exists()] == []


def test_list_of_decisions_is_complete():
    folder = ROOT / "docs" / "adr"
    listed = LINK.findall((folder / "README.md").read_text("utf-8"))
    assert listed == sorted(file.name for file in folder.glob("[0-9]*.md"))


def test_prices_in_the_aws_docs_match_the_dag():
    page = (ROOT / "docs" / "aws.md").read_text("utf-8")
    rows = re.findall(r"^\| (r\w+\.\w+), one node \| ([\d.]+) \| (\d+) \|$", page, re.MULTILINE)
    assert len(rows) == 3
    for node, hour, month in rows:
        assert price.per_hour(node, 1, "us-east-1") == Decimal(hour)
        # AWS counts 730 hours to a month.
        assert int(month) == round(Decimal(hour) * 730)
    assert f"As of {price.AS_OF}" in page


def test_every_picture_is_used_and_small():
    pictures = sorted((ROOT / "docs" / "screenshots").iterdir())
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(pictures) > 5
    for picture in pictures:
        assert re.search(rf"!\[[^\]]{{20,}}\]\(docs/screenshots/{re.escape(picture.name)}\)", readme), picture.name
        assert picture.stat().st_size < 200_000, picture.name
