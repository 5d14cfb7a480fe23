"""Generates the page of facts about Redshift from the test cases: `make facts`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from standin_support.facts import Fact
from standin_support.sections import SECTIONS

TESTS = Path(__file__).parent.parent
CASES = TESTS / "conformance"
PAGE = TESTS.parent / "docs" / "facts.md"
INTRODUCTION = """\
# Redshift, fact by fact

This page is generated from the test cases in `standin/tests/conformance/` by
`make facts`. Each row is a fact about Redshift, and a test that verifies what the third
column says:

- **supported**: the stand-in behaves like Redshift, including its errors;
- **refused**: Redshift supports it, and the stand-in reports that it does not;
- **known to differ**: the stand-in behaves differently;
- **not known**: the behavior of Redshift is not documented; the case verifies what the stand-in does.

A fact's number has the section, a slash and the entry, which is a number or the name of an option, a parameter or a
function. Words after it name a part of the entry.

A source is the file name of a page of the
[Database Developer Guide](https://docs.aws.amazon.com/redshift/latest/dg/welcome.html) or the Management Guide, unless
it says otherwise. `owner/repository#number` is a public thread on GitHub. `no source` means that the fact comes from
experience and that no page confirms it.
"""
_HEADER = """\
| fact | what Redshift does | the stand-in | source |
| --- | --- | --- | --- |
"""


def facts() -> list[Fact]:
    """Return the facts of all cases, in the order of the files and of the cases in them."""
    files = sorted(CASES.glob("test_[0-9]*.py"))
    modules = (importlib.import_module(f"conformance.{file.stem}") for file in files)
    return list(dict.fromkeys(fact for module in modules for fact in _of_module(module)))


def _of_module(module: ModuleType) -> Iterator[Fact]:
    for test in vars(module).values():
        # Decorators are applied from the bottom up, so the first mark in the source comes last.
        for mark in reversed(getattr(test, "pytestmark", [])):
            if mark.name == "fact":
                yield from mark.args
            elif mark.name == "parametrize":
                parameters = (getattr(parameter, "marks", ()) for parameter in mark.args[1])
                yield from (each.args[0] for marks in parameters for each in marks if each.name == "fact")


def section_of(fact: Fact) -> str:
    """Return the number of a fact's section."""
    return fact.number.partition("/")[0]


def page() -> str:
    """Return the page as Markdown."""
    known = facts()
    parts = [INTRODUCTION]
    for section in SECTIONS:
        rows = "".join(_row(fact) for fact in known if section_of(fact) == section.number)
        title = f"## {section.number} {section.title}" if section.title != section.number else f"## {section.title}"
        parts.append(f"{title}\n\n{section.about}\n\n{_HEADER}{rows}")
    return "\n".join(parts)


def _row(fact: Fact) -> str:
    cells = (fact.number, fact.says, fact.here.value, fact.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
