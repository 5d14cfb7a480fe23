"""The page of a report: self-contained, safe for any content of the warehouse, and with every number in a table."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from redshift_elt.report.check_summary import CheckSummary
from redshift_elt.report.page import page
from redshift_elt.report.question import Answer, BarChart, ColumnChart, Question
from redshift_elt.run.window import resolve_window

MOMENT = datetime(2018, 11, 30, 19, 54, 24, 796000)
VOID = {"meta", "link", "br"}
BARS = BarChart(["title"], "plays")
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</svg></title></style><b>",
    "{{ 7 * 7 }}",
    "$x_1$ & \\frac",
    "&lt;b&gt;",
    "#0000b1",
    "javascript:alert(1)",
    "control \x00\x19\x83 signs \ud800",
    "\u202eturned",
    "歌曲 \U0001f3b5",
]


class Reader(HTMLParser):
    """Parses elements, attributes and text as a browser does; fails if an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def texts_of(self, tag: str) -> list[str]:
        return [text for element, text in self.texts if element == tag]


def answer(rows, columns=("title", "plays"), chart=BARS, query="-- What is played?\nselect"):
    return Answer(Question("questions/played.sql", chart), query, columns, rows)


def read(*answers: Answer) -> Reader:
    return Reader(
        page("A report", MOMENT, answers, {each.question.name: f"x/{each.question.name}.csv" for each in answers})
    )


@pytest.mark.parametrize("text", EVIL)
def test_text_from_the_warehouse_is_escaped_in_table_and_chart(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        harmless, found = read(answer([("title", 5)])), read(answer([(text, 5)]))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(attributes) for _, attributes in found.elements] == [
        sorted(attributes) for _, attributes in harmless.elements
    ]


def test_values_are_shown_unchanged():
    titles = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "$x_1$ & \\frac", "#0000b1", "歌曲 \U0001f3b5"]
    found = read(answer([(title, 5) for title in titles]))
    assert found.texts_of("td")[::2] == titles
    assert [text for text in found.texts_of("text") if text != "5"] == titles


def test_characters_that_html_cannot_have_are_marked():
    assert "a\ufffdb\ufffdc" in read(answer([("a\x19b\x83c", 5)])).texts_of("td")


def test_column_names_and_comments_are_escaped():
    found = read(answer([(1, 2)], ("<b>", "<i>"), None, "-- <u>?\n-- <s>\nselect"))
    assert not {"b", "i", "u", "s"} & {tag for tag, _ in found.elements}


def test_page_loads_nothing_from_the_network():
    found = read(answer([("a", 5)]))
    policy = next(a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy
    assert not {"script", "link", "img", "iframe", "object", "use"} & {tag for tag, _ in found.elements}
    links = [value for _, attributes in found.elements for name, value in attributes.items() if name in ("href", "src")]
    assert links == ["#played", "x/played.csv"]
    style = " ".join(found.texts_of("style"))
    assert "url(" not in style
    assert "@import" not in style


def test_chart_colors_are_defined_by_the_page_for_light_and_dark():
    text = page("A report", MOMENT, [answer([("a", 5)])], {"played": "x"})
    assert re.search(r"style=\"fill: var\(--bar\)", text)
    drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}", drawn)
    light = re.search(r":root \{([^}]*)\}", text)[1]
    dark = re.search(r"dark\) \{\s*:root \{([^}]*)\}", text)[1]
    assert set(re.findall(r"--\w+", light)) == set(re.findall(r"--\w+", dark)) >= set(re.findall(r"--\w+", drawn))


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colors_have_contrast_in_light_and_dark():
    text = page("A report", MOMENT, [answer([("a", 5)])], {"played": "x"})
    for colours in (
        dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in re.findall(r":root \{([^}]*)\}", text)[:2]
    ):
        paper = luminance(colours.pop("paper"))
        del colours["grid"]
        for name, colour in colours.items():
            low, high = sorted([paper, luminance(colour)])
            # WCAG 2.2, success criteria 1.4.3 for text and 1.4.11 for graphics.
            assert (high + 0.05) / (low + 0.05) >= (3 if name == "bar" else 4.5), name


def test_ids_are_unique_across_charts():
    one = answer([("a", 5)])
    two = Answer(Question("questions/other.sql", ColumnChart("n", "plays", ["n"])), "select", ["n", "plays"], [(1, 2)])
    ids = [attributes["id"] for _, attributes in read(one, two).elements if "id" in attributes]
    assert ids == ["played", "other"]


def test_every_number_of_a_chart_is_in_the_table():
    found = read(answer([("a", 12345), ("b", Decimal("0.50")), ("c", None)]))
    assert found.texts_of("td") == ["a", "12,345", "b", "0.50", "c", "\N{EN DASH}"]
    assert {"12,345", "0.50", "\N{EN DASH}"} <= set(found.texts_of("text"))


def test_one_chart_for_each_group():
    columns = ["shop", "title", "plays"]
    chart = BarChart(["title"], "plays", group="shop")
    found = read(answer([("F", "a", 1), ("F", "b", 1), ("M", "a", 1)], columns, chart))
    assert found.texts_of("h3") == ["Shop: F", "Shop: M"]
    assert [tag for tag, _ in found.elements].count("svg") == 2


def test_each_group_chart_has_its_own_name():
    columns = ["shop", "title", "plays"]
    chart = BarChart(["title"], "plays", group="shop")
    found = read(answer([("F", "a", 1), ("M", "a", 1)], columns, chart))
    names = [attributes["aria-label"] for tag, attributes in found.elements if tag == "svg"]
    assert names == [
        "Chart: What is played? Shop: F. The table has the same numbers.",
        "Chart: What is played? Shop: M. The table has the same numbers.",
    ]


@pytest.mark.parametrize(
    ("label", "axis"), [(["first"], "First"), (["name"], "First"), (["first", "last"], "First\N{EN DASH}Last")]
)
def test_axes_have_labels(label, axis):
    rows = [(1, 50, "a", 4), (51, 100, "b", 2)]
    found = read(
        answer(rows, ["first", "last", "name", "all_users"], ColumnChart("first", "all_users", label, step=50))
    )
    assert {axis, "All users"} <= set(found.texts_of("text"))


def test_missing_x_values_leave_a_gap():
    chart = ColumnChart("first", "users", ["first", "last"], step=50)
    rows = [(1, 50, 4), (51, 100, 2), (201, 250, 1)]
    text = page("A report", MOMENT, [answer(rows, ["first", "last", "users"], chart)], {"played": "x"})
    lefts = [float(left) for left in re.findall(r'<path d="M (\S+) [^"]*z " style="fill: var\(--bar\)"', text)]
    assert len(lefts) == 3
    assert (lefts[2] - lefts[1]) / (lefts[1] - lefts[0]) == pytest.approx(3)
    assert "1\N{EN DASH}50" in text


def test_axis_labels_do_not_overlap():
    chart = ColumnChart("first", "users", ["first", "last"], step=50)
    rows = [(50 * index + 1, 50 * index + 50, 1) for index in range(20)]
    text = page("A report", MOMENT, [answer(rows, ["first", "last", "users"], chart)], {"played": "x"})
    labels = re.findall(r'text-anchor: middle[^>]* x="(\S+)"[^>]*>(\d[^<]*)<', text)
    assert len(labels) > 3
    ends = [(float(x) - 3.75 * len(label), float(x) + 3.75 * len(label)) for x, label in labels]
    assert all(right < left for (_, right), (left, _) in pairwise(ends))


def test_axis_labels_can_be_truncated():
    chart = ColumnChart("day", "plays", ["name"], letters=3)
    rows = [(3, "Wednesday", 7), (4, "Thursday", 8)]
    found = read(answer(rows, ["day", "name", "plays"], chart))
    assert {"Wed", "Thu"} <= set(found.texts_of("text"))
    assert "Wednesday" in found.texts_of("td")


def test_bar_length_is_proportional_to_its_value():
    text = page("A report", MOMENT, [answer([("a", 30), ("b", 10), ("c", 0)])], {"played": "x"})
    rights = [float(right) for right in re.findall(r'<path d="M 0 \S+  L (\S+) [^"]*z " style="fill: var', text)]
    assert rights[0] == pytest.approx(3 * rights[1])
    assert rights[2] == 0


def test_same_answer_gives_the_same_page():
    one = answer([("a", 5), ("b", 3)])
    assert page("A report", MOMENT, [one], {"played": "x"}) == page("A report", MOMENT, [one], {"played": "x"})


@pytest.mark.parametrize("rows", [[], [(0, None)], [("nothing", 0)]])
def test_empty_warehouse_is_reported(rows):
    assert "The warehouse has no data yet." in read(answer(rows)).texts_of("strong")


CHECKED = (datetime(2018, 11, 30, 18), datetime(2018, 11, 30, 19), datetime(2018, 11, 30, 19, 3, 5))


def checked_page(*results: tuple) -> Reader:
    checked = CheckSummary.of([(*result, *CHECKED) for result in results])
    return Reader(page("A report", MOMENT, [answer([("a", 5)])], {"played": "x"}, checked))


def test_failed_checks_and_warnings_are_named_and_all_checks_counted():
    found = checked_page(
        ("failed", "sales", "amount is not null", "0", "3"),
        ("warned", "<b>shops</b>", "name is text", "0", "<1>"),
        ("passed", "sales", "rows", "1 or more", "5"),
        ("passed", "sales", "id is unique", "0", "0"),
    )
    assert (
        "Last result of each check: 2 passed, 1 warned, 1 failed. The last checked load was for "
        "2018-11-30 18:00 to 2018-11-30 19:00 UTC; it was checked at 2018-11-30 19:03 UTC."
    ) in found.texts_of("p")
    assert found.texts_of("strong") == ["Failed:", "Warned:"]
    assert found.texts_of("li")[:2] == [
        "sales: amount is not null: expected 0, found 3",
        "<b>shops</b>: name is text: expected 0, found <1>",
    ]


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [(["failed", "warned", "passed"], "failed"), (["warned", "passed"], "warned"), (["passed"], "passed")],
)
def test_worst_outcome_determines_the_color(outcomes, worst):
    found = checked_page(*((outcome, "sales", "rows", "1", "1") for outcome in outcomes))
    assert [a["class"] for tag, a in found.elements if tag == "div" and "checked" in a.get("class", "")] == [
        f"checked {worst}"
    ]


def test_page_reports_that_nothing_was_checked_yet():
    assert "No check has run yet." in checked_page().texts_of("p")


def test_page_without_checks_does_not_mention_them():
    assert not [text for element, text in read(answer([("a", 5)])).texts if element != "style" and "heck" in text]


def test_full_load_is_reported_as_a_load_of_everything():
    start, end = resolve_window({"params": {"full_load": True}}).bounds
    checked = CheckSummary.of([("passed", "sales", "rows", "1", "1", start, end, MOMENT)])
    assert "was for everything; it was checked at" in checked.text


def test_answer_without_rows_next_to_one_with_rows():
    other = Answer(Question("questions/other.sql"), "select", ["n"], [(1,)])
    found = read(answer([]), other)
    assert found.texts_of("strong") == []
    assert "No rows." in found.texts_of("p")


def test_question_and_note_come_from_the_leading_sql_comment():
    query = "-- What is played?\n-- Every play counts.\n-- Also yours.\nselect 1 -- not this\n-- nor this"
    found = read(answer([("a", 1)], query=query))
    assert found.texts_of("h2") == ["What is played?"]
    assert "Every play counts. Also yours." in found.texts_of("p")
