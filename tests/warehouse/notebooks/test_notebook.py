"""The notebook: executed in a kernel as the analyst's user, and as stored in the repository."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from local.stack.notebook import NOTEBOOK
from redshift_elt.report.question import BarChart
from redshift_elt.report.questions_file import load_questions
from standin_support.waiting import HANGS_AFTER_SECONDS
from tests.model import source
from tests.support.leaks import leaks
from tests.support.warehouse import ROOT

pytestmark = pytest.mark.long("the notebook, executed in a kernel")

QUESTIONS = {question.name: question for question in load_questions(ROOT / "include" / "report.yaml")}
SHOWS = re.compile(r'^(\w+) = warehouse\.show\("(\w+)"\)$')
WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
A_PATH = re.compile(r"(?<![\w.])/(home|root|Users|tmp|work|opt|var)/|[A-Z]:\\\\")


class Table(HTMLParser):
    """The texts of a table's cells, row by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


class Executed:
    """The outputs of the cells."""

    def __init__(self, cells: list[nbformat.NotebookNode]) -> None:
        self._outputs = {cell.source: cell.outputs for cell in cells if cell.cell_type == "code"}

    def of(self, source: str) -> list[nbformat.NotebookNode]:
        """The outputs of the cell that contains a text."""
        [found] = [outputs for cell, outputs in self._outputs.items() if source in cell]
        return found

    def data(self, source: str, kind: str) -> list[str]:
        return [output.data[kind] for output in self.of(source) if kind in output.get("data", {})]

    def html(self, name: str) -> str:
        return "".join(self.data(f'show("{name}")', "text/html"))

    def answer(self, name: str) -> list[list[str]]:
        """The rows of a question's table, without its header."""
        [html] = [html for html in self.data(f'show("{name}")', "text/html") if "<table" in html]
        return Table(html).rows[1:]


@pytest.fixture(scope="module")
def executed(data, tmp_path_factory) -> Executed:
    # A failed cell fails the test.
    opened = notebook()
    opened.cells.append(nbformat.v4.new_code_cell("print('airflow' in sys.modules)"))
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable)))
        NotebookClient(opened, timeout=HANGS_AFTER_SECONDS, resources=resources).execute()
    return Executed(opened.cells)


def shown(*rows: tuple[Any, ...]) -> list[list[str]]:
    """Return values as the notebook shows them."""

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"

    return [[text(value) for value in row] for row in rows]


class TestAnyData:
    def test_each_question_has_a_title_a_table_and_the_chart_of_the_report(self, executed):
        for name, question in QUESTIONS.items():
            title = (ROOT / "include" / "sql" / question.sql).read_text("utf-8").splitlines()[0].removeprefix("-- ")
            [text] = executed.data(f'show("{name}")', "text/markdown")
            assert text.startswith(f"### {title}\n")
            rows = executed.answer(name)
            assert rows
            is_grouped = isinstance(question.chart, BarChart) and question.chart.group
            pictures = len({row[0] for row in rows}) if is_grouped else int(question.chart is not None)
            assert executed.html(name).count("<svg") == pictures
            assert executed.html(name).count("Gender: ") == (2 * pictures if is_grouped else 0)

    def test_tables_match_the_log_lines(self, executed, data):
        plays = [event for _, event in source.events(data) if event["page"] == "NextSong"]
        hours = Counter(int(play["ts"]) // 3_600_000 % 24 for play in plays)
        # 1970-01-01 was a Thursday.
        weekdays = Counter((int(play["ts"]) // 86_400_000 + 4) % 7 for play in plays)
        artists = Counter(play["artist"] for play in plays).items()
        users = len({play["userId"] for play in plays})
        assert executed.answer("plays_by_hour") == shown(*sorted(hours.items()))
        assert executed.answer("plays_by_weekday") == shown(
            *((day, WEEKDAYS[day], count) for day, count in sorted(weekdays.items()))
        )
        assert executed.answer("average_songs_per_user") == shown((users, len(plays), len(plays) / users))
        assert executed.answer("most_played_artists") == shown(
            *sorted(artists, key=lambda artist: (-artist[1], artist[0]))[:10]
        )

    def test_custom_question_has_a_chart(self, executed):
        assert len(executed.data("warehouse.ask(", "image/png")) == 1

    def test_it_needs_no_airflow(self, executed):
        assert executed.of("'airflow' in sys.modules")[0].text == "False\n"


@pytest.mark.parametrize("is_real", ["generated"], indirect=True, scope="module")
def test_checks_of_the_load_are_shown(executed, warehouse):
    counted = dict(warehouse.query("select outcome, count(*) from etl.check_results group by outcome"))
    [summary] = executed.data("show_checks", "text/markdown")
    assert summary.startswith(f"Last result of each check: {counted['passed']} passed, {counted['warned']} warned.")
    [html] = executed.data("show_checks", "text/html")
    named = warehouse.query(
        "select outcome, target, check_name from etl.check_results where not passed order by target, check_name"
    )
    assert [tuple(row[:3]) for row in Table(html).rows[1:]] == named


@pytest.mark.parametrize("is_real", ["real"], indirect=True, scope="module")
class TestRealData:
    """The known figures of the real data."""

    def test_plays_by_hour(self, executed):
        plays = [
            155, 154, 117, 109, 136, 162, 183, 179, 207, 270, 312, 336,
            308, 324, 432, 477, 542, 494, 498, 367, 360, 280, 217, 201,
        ]  # fmt: skip
        assert executed.answer("plays_by_hour") == shown(*enumerate(plays))

    def test_plays_by_weekday(self, executed):
        plays = [396, 1014, 1071, 1364, 1052, 1295, 628]
        days = zip(WEEKDAYS, plays, strict=True)
        assert executed.answer("plays_by_weekday") == shown(*((number, *day) for number, day in enumerate(days)))

    def test_most_played_artists(self, executed):
        assert executed.answer("most_played_artists")[:4] == shown(
            ("Coldplay", 58), ("Kings Of Leon", 55), ("Dwight Yoakam", 38), ("The Black Keys", 36)
        )

    def test_most_played_songs(self, executed):
        assert [row[2] for row in executed.answer("most_played_songs")[:8]] == [
            "37", "28", "27", "21", "19", "17", "17", "16",
        ]  # fmt: skip

    def test_average_songs_per_user(self, executed):
        assert executed.answer("average_songs_per_user") == shown((96, 6820, Decimal("71.04")))

    def test_plays_by_level(self, executed):
        assert [row[:2] for row in executed.answer("plays_by_level")] == shown(("free", 1229), ("paid", 5591))

    def test_plays_by_location(self, executed):
        assert [row[:2] for row in executed.answer("plays_by_location")[:2]] == shown(
            ("San Francisco-Oakland-Hayward, CA", 691), ("Portland-South Portland, ME", 665)
        )

    def test_plays_in_the_catalogue(self, executed):
        assert [row[1] for row in executed.answer("plays_in_the_catalogue")] == ["319", "6,501"]

    def test_rows_per_table(self, executed):
        assert executed.answer("rows_per_table") == shown(
            ("artists", 9553), ("songplays", 6820), ("songs", 14896), ("time", 6813), ("users", 97)
        )

    def test_without_a_load_there_are_no_checks(self, executed):
        assert executed.data("show_checks", "text/markdown") == ["No check has run yet."]


class TestStoredNotebook:
    def test_it_is_valid(self):
        nbformat.validate(notebook())

    def test_it_has_no_outputs(self):
        kept = notebook()
        clear = f"clear all outputs in {NOTEBOOK.name} before it is committed, and save it"
        cells = [cell for cell in kept.cells if cell.cell_type == "code"]
        assert [cell.outputs for cell in cells] == [[]] * len(cells), clear
        assert {cell.execution_count for cell in cells} == {None}, clear
        assert {str(cell.metadata) for cell in kept.cells} == {"{}"}, clear

    def test_it_has_no_local_path_and_no_secret(self):
        text = NOTEBOOK.read_text("utf-8")
        assert not A_PATH.search(text)
        assert "password=" not in text
        assert leaks(text) == []

    def test_it_shows_every_question_once_by_name(self):
        found = [match.groups() for cell in notebook().cells if (match := SHOWS.match(cell.source))]
        assert all(name == question for name, question in found)
        files = (ROOT / "include" / "sql" / "questions").glob("*.sql")
        assert sorted(name for name, _ in found) == sorted(file.stem for file in files)

    def test_every_link_points_to_a_file(self):
        text = "\n".join(cell.source for cell in notebook().cells if cell.cell_type == "markdown")
        links = re.findall(r"\]\(([^)#]+)", text)
        assert len(links) >= 3
        assert [link for link in links if not (NOTEBOOK.parent / link).exists()] == []
