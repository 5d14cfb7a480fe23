"""The page of a report: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from redshift_elt.report.charts import charts
from redshift_elt.report.check_summary import CheckSummary
from redshift_elt.report.question import Answer, is_number
from redshift_elt.report.text import shown

_TEMPLATE = Path(__file__).with_name("page.html")


def page(
    title: str,
    moment: datetime,
    answers: Sequence[Answer],
    files: Mapping[str, str],
    checks: CheckSummary | None = None,
) -> str:
    """Return the page as HTML.

    All data of the warehouse is escaped, and the page's content security policy forbids scripts and remote resources.

    :param title: the page's title.
    :param moment: when the answers were read, UTC without a zone.
    :param files: the CSV file of each answer, by the question's name: addresses relative to the page.
    :param checks: the last results of checks; None leaves them out.
    """
    return _template().render(
        title=title,
        moment=moment,
        answers=answers,
        files=files,
        checks=checks,
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
    # The charts are SVG elements: their text was escaped when they were written as XML.
    return [(caption, Markup(svg)) for caption, svg in charts(answer)]  # noqa: S704


def _numeric_columns(answer: Answer) -> list[bool]:
    """Return for each column whether it contains numbers, which are aligned right."""
    columns = zip(*answer.rows, strict=True) if answer.rows else [()] * len(answer.columns)
    return [all(value is None or is_number(value) for value in column) for column in columns]
