"""The page of a report: one HTML file that needs nothing else, wherever it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from redshift_elt.report.charts import charts
from redshift_elt.report.checked import Checked
from redshift_elt.report.question import Answer, is_number
from redshift_elt.report.text import shown

_TEMPLATE = Path(__file__).with_name("page.html")


def page(
    title: str,
    moment: datetime,
    answers: Sequence[Answer],
    files: Mapping[str, str],
    checked: Checked | None = None,
) -> str:
    """Return the page as HTML.

    Whatever the warehouse holds is text in it, and the page's own policy forbids scripts and everything remote.

    :param title: the page's title.
    :param moment: the moment of which the answers are, UTC without a zone.
    :param files: where the CSV file of each answer is, by its question's name: addresses relative to the page.
    :param checked: what the last checks found; None for a page that says nothing of checks.
    """
    return _template().render(
        title=title,
        moment=moment,
        answers=answers,
        files=files,
        checked=checked,
        is_empty=all(answer.is_empty for answer in answers),
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = shown
    environment.globals["charts"] = _figures
    environment.globals["numeric_columns"] = _numeric_columns
    return environment.from_string(_TEMPLATE.read_text("utf-8"))


def _figures(answer: Answer) -> list[tuple[str, Markup]]:
    # The charts are elements already: their text was escaped when they were written as XML.
    return [(caption, Markup(svg)) for caption, svg in charts(answer)]  # noqa: S704


def _numeric_columns(answer: Answer) -> list[bool]:
    """Tell for each column whether it holds numbers, which stand below one another by their last digit."""
    columns = zip(*answer.rows, strict=True) if answer.rows else [()] * len(answer.columns)
    return [all(value is None or is_number(value) for value in column) for column in columns]
