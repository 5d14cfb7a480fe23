"""The code blocks and commands of the documentation."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from functools import cache

from local.settings import ROOT

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "local").rglob("*.md"),
        *(ROOT / "standin").rglob("*.md"),
    ]
)
# A block can be part of a list, and so indented.
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Snippet:
    """A code block, or a command within a sentence.

    :param page: relative to the repository.
    :param language: as the block names it; empty for none.
    """

    page: str
    language: str
    text: str
    line: int = field(compare=False)

    @property
    def first_line(self) -> str:
        """The first line that is not empty, which identifies a block on its page."""
        return self.text.strip().splitlines()[0].strip()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.first_line}"


@cache
def blocks() -> tuple[Snippet, ...]:
    """Return every fenced block of every page."""
    return tuple(
        Snippet(
            page=str(file.relative_to(ROOT)),
            language=match["language"],
            text=textwrap.dedent(match["text"]),
            line=text.count("\n", 0, match.start()) + 1,
        )
        for file in PAGES
        for text in [file.read_text("utf-8")]
        for match in BLOCK.finditer(text)
    )


def block(page: str, first_line: str) -> Snippet:
    """Return the block of a page that begins with a line."""
    [found] = [each for each in blocks() if (each.page, each.first_line) == (page, first_line)]
    return found


@cache
def inline_commands(programs: tuple[str, ...]) -> tuple[Snippet, ...]:
    """Return the commands within sentences and tables that begin with one of these programs and have an argument."""
    found = []
    for file in PAGES:
        text = file.read_text("utf-8")
        # Blocks keep their lines, so that the numbers of the others stay right.
        prose = BLOCK.sub(lambda match: "\n" * match[0].count("\n"), text)
        for match in INLINE.finditer(prose):
            words = match[1].replace("\\|", "|").split()
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if len(words) > 1 and words[0] in programs:
                found.append(
                    Snippet(
                        str(file.relative_to(ROOT)),
                        "sh",
                        match[1].replace("\\|", "|"),
                        prose.count("\n", 0, match.start()) + 1,
                    )
                )
    return tuple(found)
