"""Sphinx's configuration for the documentation as a site: ``make docs``.

The source folder is the repository's root, so that links between README.md and the folders work on the site as they do
in a checkout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer
from pygments.lexers.templates import SqlJinjaLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Sparkify Warehouse"
extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/**", "local/*.md", "standin/*.md", "standin/docs/*.md"]
exclude_patterns = [".*", "build"]
root_doc = "docs/index"

myst_heading_anchors = 6
# An anchor that does not exist is a warning, and make docs fails on warnings.
nitpicky = True

html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False
html_additional_pages = {"index": "to_start_page.html"}
templates_path = ["site"]


def setup(app: Sphinx) -> None:
    """Name the languages of code blocks that Pygments lacks or knows otherwise."""
    # The script that draws diagrams would be loaded from another host, so the site shows their source.
    app.add_lexer("mermaid", TextLexer)
    app.add_lexer("sql", SqlJinjaLexer)
