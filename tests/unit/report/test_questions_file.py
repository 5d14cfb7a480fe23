"""Questions in YAML are equivalent to Python, and mistakes are reported with their location."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.settings import ROOT
from redshift_elt.report.question import BarChart, ColumnChart, Question
from redshift_elt.report.questions_file import load_questions

GOOD = """\
- sql: questions/by_shop.sql
  bars: {label: [shop, town], value: sales, group: year}
- sql: questions/by_month.sql
  columns: {position: month, value: sales, label: [name], step: 2, letters: 3}
- sql: questions/total.sql
"""


@pytest.fixture
def write(tmp_path):
    def written(text: str) -> Path:
        path = tmp_path / "report.yaml"
        path.write_text(text, "utf-8")
        return path

    return written


def test_each_kind_of_question(write):
    assert load_questions(write(GOOD)) == [
        Question("questions/by_shop.sql", BarChart(["shop", "town"], "sales", group="year")),
        Question("questions/by_month.sql", ColumnChart("month", "sales", ["name"], step=2, letters=3)),
        Question("questions/total.sql"),
    ]


def test_report_has_every_question_once():
    files = [question.sql for question in load_questions(ROOT / "include" / "report.yaml")]
    folder = ROOT / "include" / "sql"
    assert sorted(files) == sorted(str(file.relative_to(folder)) for file in folder.glob("questions/*.sql"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"report\.yaml is not a list"),
        ("sql: questions/total.sql", r"report\.yaml is not a list"),
        ("- [", r"report\.yaml is not valid YAML: .*\n.*\n.*line 1"),
        ("- questions/total.sql", r"question 1: it has no SQL file; write sql: and"),
        (GOOD + "- sql: total", r"question 4 \(total\): The question 'total' has no name"),
        (GOOD + "  pie: {}", r"question 3 \(questions/total\.sql\): \['pie'\] is unknown; write sql, and bars or"),
        ("- {sql: a.sql, bars: {label: [x], value: n}, columns: {}}", r"\(a\.sql\): columns has no position and no"),
        ("- {sql: a.sql, bars: {label: [x]}}", r"\(a\.sql\): bars has no value"),
        ("- {sql: a.sql, bars: {label: x, value: n}}", r"\(a\.sql\): bars: label is 'x': write a list of columns"),
        ("- {sql: a.sql, bars: {label: 5, value: n}}", r"\(a\.sql\): bars: label is 5: write a list of columns"),
        ("- {sql: a.sql, bars: {label: [1], value: n}}", r"\(a\.sql\): bars: label is \[1\]: write a list of columns"),
        (
            "- {sql: a.sql, columns: {position: x, value: n, label: [x], step: soon}}",
            r"\(a\.sql\): columns: step is 'soon': write a whole number, 1 or more",
        ),
        ("- {sql: a.sql, bars: {width: 5}}", r"\(a\.sql\): bars is .*; write a mapping of label, value, group"),
        ("- {sql: a.sql, bars: wide}", r"\(a\.sql\): bars is 'wide'; write a mapping"),
        (
            "- {sql: a.sql, bars: {label: [x], value: n}, columns: {position: x, value: n, label: [x]}}",
            r"\(a\.sql\): it has both bars and columns; write one",
        ),
    ],
)
def test_mistake_is_reported_with_its_location(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_questions(write(text))


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"The questions cannot be read: .*nothing\.yaml"):
        load_questions(tmp_path / "nothing.yaml")
