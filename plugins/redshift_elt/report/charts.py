"""Charts as SVG elements of a page: their text stays text, and the page sets their colours."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from redshift_elt.report.question import Answer, ColumnChart
from redshift_elt.report.text import shortened, shown

# matplotlib is optional and slow to import, so only functions import it.
if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In inches: about the width of a phone, on which the text then has the size that is set here.
_WIDTH = 4.7
_BAR_HEIGHT = 0.5
_COLUMN_HEIGHT = 2.7
_POINTS_PER_INCH = 72
# In points.
_FONT_SIZE = 12
_LABEL_LENGTH = 44
_COLUMN_PLACE = (0.13, 0.2, 0.86, 0.69)
# In points: the width of a digit or small letter of a label, and the gap between two labels.
_LETTER_WIDTH = 7.5
_LABEL_GAP = 7.5

# matplotlib does not take CSS: each of these colours is replaced by a variable that the page sets for light and dark.
_BAR, _INK, _GRID = "#0000b1", "#0000b2", "#0000b3"
_CSS = {_BAR: "var(--bar)", _INK: "var(--ink)", _GRID: "var(--grid)"}

# Any: matplotlib types the keys as a Literal of hundreds of names.
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    # A dollar sign in a label is a dollar sign.
    "text.parse_math": False,
    "text.usetex": False,
    "text.color": _INK,
    "font.size": _FONT_SIZE,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_FONT = re.compile("font-family: [^;]+")
_SVG = "http://www.w3.org/2000/svg"


def charts(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield the charts of an answer: for each a caption, which may be empty, and an SVG element.

    An answer without rows, and a question without a chart, have none.
    """
    chart = answer.question.chart
    if chart is None or not answer.rows:
        return
    if isinstance(chart, ColumnChart):
        yield "", _column_chart(answer, chart)
        return
    labels = [" · ".join(map(shown, parts)) for parts in zip(*map(answer.column, chart.label), strict=True)]
    groups = answer.column(chart.group) if chart.group else [None] * len(labels)
    bars = zip(groups, labels, answer.column(chart.value), strict=True)
    for group, members in groupby(bars, key=lambda bar: bar[0]):
        named = [(label, value) for _, label, value in members]
        caption = f"{_words(chart.group)}: {shown(group)}" if chart.group else ""
        yield caption, _bar_chart(f"{answer.title} {caption}".rstrip(), named)


def _bar_chart(title: str, bars: Sequence[tuple[str, Any]]) -> str:
    longest = max((_height(value) for _, value in bars), default=0) or 1

    def draw(axes: Axes) -> None:
        axes.set_axis_off()
        # Leaves room for the number behind the longest bar.
        axes.set_xlim(0, longest * 1.2)
        axes.set_ylim(len(bars), 0)
        for place, (label, value) in enumerate(bars):
            axes.text(0, place + 0.42, shortened(label, _LABEL_LENGTH), verticalalignment="baseline")
            axes.barh(place + 0.7, _height(value), height=0.26, color=_BAR)
            axes.text(_height(value) + longest * 0.015, place + 0.71, shown(value), verticalalignment="center")

    return _svg(title, (_WIDTH, _BAR_HEIGHT * len(bars)), (0.0, 0.0, 1.0, 1.0), draw)


def _column_chart(answer: Answer, chart: ColumnChart) -> str:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    places = [position / chart.step for position in answer.column(chart.position)]
    labels = ["\N{EN DASH}".join(map(shown, parts)) for parts in zip(*map(answer.column, chart.label), strict=True)]
    heights = [_height(value) for value in answer.column(chart.value)]
    labels = [label[: chart.letters] for label in labels]
    named = _without_overlap(places, labels)

    def draw(axes: Axes) -> None:
        axes.bar(places, heights, width=0.8, color=_BAR, zorder=2)
        axes.set_xticks([places[index] for index in named], [labels[index] for index in named])
        axes.set_ylim(0, (max(heights) or 1) * 1.05)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
        axes.grid(axis="y", color=_GRID, linewidth=0.7)
        axes.tick_params(length=0)
        axes.set_frame_on(False)
        axes.set_title(_words(chart.value), loc="left", fontsize=_FONT_SIZE)
        named_by = chart.label if len(chart.label) > 1 else [chart.position]
        axes.set_xlabel("\N{EN DASH}".join(map(_words, named_by)))

    return _svg(answer.title, (_WIDTH, _COLUMN_HEIGHT), _COLUMN_PLACE, draw)


def _without_overlap(places: Sequence[float], labels: Sequence[str]) -> list[int]:
    """Return the indices of labels that do not overlap, starting with the first place."""
    width = _POINTS_PER_INCH * _WIDTH * _COLUMN_PLACE[2]
    of_one_place = width / (max(places) - min(places) + 1)
    needed = (max(map(len, labels)) * _LETTER_WIDTH + _LABEL_GAP) / of_one_place
    found: list[int] = []
    for index in sorted(range(len(places)), key=places.__getitem__):
        if not found or places[index] - places[found[-1]] >= needed:
            found.append(index)
    return found


def _height(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _words(column: str) -> str:
    return column.replace("_", " ").capitalize()


def _svg(
    title: str,
    size: tuple[float, float],
    place: tuple[float, float, float, float],
    draw: Callable[[Axes], None],
) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    text = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=size)
        draw(figure.add_axes(place))
        for part in figure.findobj():
            part.set_clip_on(False)
        with warnings.catch_warnings():
            # The reader's browser has the fonts, not this process.
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            figure.savefig(text, format="svg", transparent=True, metadata=_NO_METADATA)
    return _as_element(text.getvalue(), title)


def _as_element(svg: str, title: str) -> str:
    """Return an SVG file as an element of a page, without ids and styles that could affect the rest of the page."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - matplotlib has just written it
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}defs"):
                parent.remove(child)
    for element in root.iter():
        element.attrib.pop("id", None)
        if style := element.get("style"):
            for colour, css in _CSS.items():
                style = style.replace(colour, css)
            element.set("style", _FONT.sub("font-family: inherit", style))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    end = "" if title.endswith(("?", ".")) else "."
    root.set("aria-label", f"Chart: {title}{end} The table has the same numbers.")
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")
