"""Invalid questions and charts are refused with what to write instead; CSV files have exact values."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from redshift_elt.operators.report import ReportOperator
from redshift_elt.report.question import Answer, BarChart, ColumnChart, Question
from redshift_elt.report.text import csv_text, shortened, shown


@pytest.mark.parametrize("sql", ["select 1", "questions/.sql", "questions/Two Words.sql", 'a"><script>.sql'])
def test_question_name_that_cannot_be_a_file_name(sql):
    with pytest.raises(ValueError, match=r"has no name: give a \.sql file"):
        Question(sql)


def test_string_instead_of_a_list_of_columns():
    with pytest.raises(ValueError, match="write a list of columns"):
        BarChart("title", "plays")
    with pytest.raises(ValueError, match="write a list of columns"):
        ColumnChart("hour", "plays", "hour")


@pytest.mark.parametrize(
    ("chart", "missing"),
    [
        (BarChart(["name"], "plays"), "name"),
        (BarChart(["title"], "count"), "count"),
        (BarChart(["title"], "plays", group="shop"), "shop"),
        (ColumnChart("hour", "plays", ["title"]), "hour"),
    ],
)
def test_chart_of_a_column_that_the_query_does_not_return(chart, missing):
    with pytest.raises(ValueError, match=rf"needs the columns \['{missing}'\].*returns \['title', 'plays'\]"):
        Answer(Question("questions/played.sql", chart), "select", ["title", "plays"], [])


@pytest.mark.parametrize(
    ("questions", "words"),
    [
        ([], "questions is empty"),
        ([Question("a/same.sql"), Question("b/same.sql")], r"named \['same'\].*rename"),
    ],
)
def test_invalid_lists_of_questions(questions, words):
    with pytest.raises(ValueError, match=words):
        ReportOperator(task_id="t", title="t", questions=questions, bucket="b", prefix="p/")


def test_csv_file_has_the_values_of_the_warehouse():
    rows = [
        ('a "quoted", thing', 1, Decimal("0.10")),
        ("two\nlines", None, Decimal("1E+3")),
        ("Bj\xc3\x83\x19", 2, None),
    ]
    text = csv_text(["name", "n", "share"], rows)
    assert text.startswith("name,n,share\r\n")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[1:] == [['a "quoted", thing', "1", "0.10"], ["two\nlines", "", "1E+3"], ["Bj\xc3\x83\x19", "2", ""]]


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://example.com","x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
    ],
)
def test_csv_file_has_no_formulas(formula):
    header, row = csv.reader(io.StringIO(csv_text([formula], [[formula]]), newline=""))
    assert header == row == ["'" + formula]


@pytest.mark.parametrize("number", [-5, Decimal("-0.10"), Decimal("-1E+3"), "-5", "-0.10", "+3", "-1e-3"])
def test_csv_file_has_negative_numbers_unchanged(number):
    assert csv_text(["n"], [[number]]) == f"n\r\n{number}\r\n"


def test_values_as_shown_on_the_page():
    assert [shown(value) for value in (1234567, Decimal("1234.50"), -3, True, None)] == [
        "1,234,567",
        "1,234.50",
        "-3",
        "True",
        "\N{EN DASH}",
    ]
    assert shown("a\u202eb") == "ab"


def test_long_string_is_shortened():
    assert shortened("12345", 5) == "12345"
    assert shortened("123 567", 5) == "123…"
