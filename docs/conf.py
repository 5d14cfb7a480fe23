"""Sphinx's configuration for the documentation as a site: ``make docs``.

The source folder is the repository's root, so that links between README.md and the folders work on the site as they do
in a checkout.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.templates import SqlJinjaLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Sparkify Warehouse"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
include_patterns = ["*.md", "docs/**", "local/*.md", "standin/*.md", "standin/docs/*.md"]
exclude_patterns = [".*", "build", "docs/site"]
root_doc = "docs/index"

myst_heading_anchors = 6
# An anchor that does not exist is a warning, and make docs fails on warnings.
nitpicky = True

# Diagrams are drawn while the site is built, so a page needs no script and no other host.
myst_fence_as_directive = ["mermaid"]
mermaid_output_format = "svg"
mermaid_cmd = shlex.join([sys.executable, "-m", "mermaidx"])
# The background also of dark pages, because the lines are dark.
mermaid_params = ["--quiet", "--background", "white"]

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False
html_additional_pages = {"index": "to_start_page.html"}
html_static_path = ["site/static"]
html_css_files = ["site.css"]
templates_path = ["site"]


def setup(app: Sphinx) -> None:
    """Add the contents, and name the language of SQL blocks that Pygments knows otherwise."""
    app.connect("source-read", add_contents)
    app.add_lexer("sql", SqlJinjaLexer)


def add_contents(app: Sphinx, docname: str, source: list[str]) -> None:
    """Append the site's table of contents to the first page, where GitHub would show its directives as text."""
    if docname == app.config.root_doc:
        contents = Path(app.confdir) / "site" / "contents.txt"
        app.env.note_dependency(str(contents), docname=docname)
        source[0] += "\n" + contents.read_text("utf-8")
