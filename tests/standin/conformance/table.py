"""The table of local/README.md, made from the cases: `python -m tests.standin.conformance.table` writes it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from local.settings import ROOT
from tests.standin.conformance.facts import Fact

README = ROOT / "local/README.md"
BEGIN, END = "<!-- made from the cases: begin -->\n", "<!-- made from the cases: end -->\n"


def facts() -> list[Fact]:
    """Return the facts of all cases, in the order of the files and of the cases in them."""
    files = sorted(Path(__file__).parent.glob("test_[0-9]*.py"))
    modules = (importlib.import_module(f"{__package__}.{file.stem}") for file in files)
    return list(dict.fromkeys(fact for module in modules for fact in _of_module(module)))


def _of_module(module: ModuleType) -> Iterator[Fact]:
    for test in vars(module).values():
        # The mark that stands first in the source is the last to be put on.
        for mark in reversed(getattr(test, "pytestmark", [])):
            if mark.name == "fact":
                yield from mark.args
            elif mark.name == "parametrize":
                parameters = (getattr(parameter, "marks", ()) for parameter in mark.args[1])
                yield from (each.args[0] for marks in parameters for each in marks if each.name == "fact")


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| fact | what Redshift does | here | source |", "| --- | --- | --- | --- |"]
    for fact in facts():
        cells = (fact.number, fact.says, fact.here.value, fact.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """Return the text of the README with the table of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    README.write_text(with_table(README.read_text()))
