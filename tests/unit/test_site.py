"""The documentation as a site: it is built without warnings, has a search, and works offline."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.site import build
from tests.support.snippets import blocks

pytestmark = [
    pytest.mark.long("building the site"),
    # Neither Sphinx nor what draws the diagrams is installed beside each version of Airflow that the tests run with.
    pytest.mark.skipif(
        find_spec("sphinx") is None or find_spec("mermaidx") is None,
        reason="what builds the site is installed with requirements-dev.txt",
    ),
]

# The tags that make a browser load something, and the attribute with its address.
LOADS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "object": "data", "source": "src"}
# Of each page with diagrams, a label of each.
LABELS = {
    "README.md": ["stage_events"],
    "docs/analysts.md": ["item_in_session"],
    "SECURITY.md": ["producers of files"],
    "docs/aws.md": ["Secrets Manager"],
}
START_PAGES = ("data-engineers", "developers", "analysts")


class Page(HTMLParser):
    """What a page loads, and the links that it has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if values.get(LOADS.get(tag, "")):
            self.loaded.append(values[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "html"
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def small_project(tmp_path) -> Path:
    """A folder with the configuration of the site, and no pages."""
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", tmp_path / "docs")
    shutil.copytree(ROOT / "docs" / "site", tmp_path / "docs" / "site")
    (tmp_path / "docs" / "site" / "contents.txt").write_text("")
    return tmp_path


def test_site_needs_no_other_host(site):
    pages = [Page(file) for file in site.rglob("*.html")]
    assert len(pages) > 40
    assert {address for page in pages for address in page.loaded if re.match(r"(https?:)?//", address)} == set()
    styles = [file.read_text("utf-8") for file in site.rglob("*.css")]
    assert styles
    assert [
        found for text in styles for found in re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//\S+", text)
    ] == []


def test_everything_that_a_page_loads_is_part_of_the_site(site):
    missing = {
        (file.relative_to(site), address)
        for file in site.rglob("*.html")
        for address in Page(file).loaded
        if not address.startswith("data:") and not (file.parent / re.sub(r"[?#].*", "", address)).exists()
    }
    assert missing == set()


def test_diagrams_are_pictures(site):
    sources = [block.page for block in blocks() if block.language == "mermaid"]
    assert set(sources) == set(LABELS)
    for page, labels in LABELS.items():
        file = (site / page).with_suffix(".html")
        pictures = [file.parent / address for address in Page(file).loaded if address.endswith(".svg")]
        assert len(pictures) == sources.count(page)
        drawn = "".join(picture.read_text("utf-8") for picture in pictures)
        assert [label for label in labels if f"<p>{label}</p>" not in drawn] == []


def test_first_page_leads_to_the_start_page_of_each_user(site):
    first = (site / "index.html").read_text("utf-8")
    assert 'content="0; url=docs/index.html"' in first
    links = Page(site / "docs" / "index.html").links
    assert [page for page in START_PAGES if f"{page}.html" not in links] == []


def test_site_has_a_search_over_all_pages(site):
    index = (site / "searchindex.js").read_text("utf-8")
    [names] = re.findall(r'"?docnames"?:\[(.*?)\]', index)
    assert {*re.findall(r'"([^"]+)"', names)} >= {
        "README", "CONTRIBUTING", "standin/docs/facts", "docs/operators", *(f"docs/{page}" for page in START_PAGES),
    }  # fmt: skip
    assert "stagetoredshiftoper" in index


def test_site_has_the_reference_of_the_public_interface(site):
    text = (site / "docs" / "operators.html").read_text("utf-8")
    for anchor in ("stagetoredshiftoperator", "mergerecords", "fixedwidth"):
        assert f'id="{anchor}"' in text


def test_broken_links_fail(small_project):
    (small_project / "docs" / "other.md").write_text("---\norphan: true\n---\n\n# Other\n")
    good = "[page](other.md), [section](other.md#other), [first](#title)"
    bad = "[page](missing.md), [section](#nowhere), [section of a page](other.md#elsewhere)"
    (small_project / "docs" / "index.md").write_text(f"# Title\n\n{good}\n\n{bad}\n")
    done = build(small_project, small_project / "html")
    assert done.returncode == 1
    found = re.findall(r"not found.*'(\S+)' \[myst.xref_missing\]", done.stderr)
    assert found == ["missing.md", "nowhere", "elsewhere"], done.stderr
