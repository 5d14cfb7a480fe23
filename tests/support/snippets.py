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

# What a command within a sentence begins with.
PROGRAMS = frozenset(
    {
        "airflow", "aws", "cd", "cp", "curl", "dbt", "docker", "export", "git", "helm", "jupyter", "kubectl", "make",
        "pip", "psql", "pytest", "python", ".venv/bin/pre-commit", ".venv/bin/python", "source", "terraform",
    }
)  # fmt: skip


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

    @property
    def commands(self) -> list[str]:
        """The commands of a block for a shell, without comments; a backslash continues a line."""
        lines = re.sub(r"\\\n *", "", self.text).splitlines()
        return [stripped for line in lines if (stripped := re.sub(r"(^|\s)#.*", "", line).strip())]

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


def command(text: str) -> str:
    """Return a command that is on a page, alone in a line of a block for a shell or within a sentence.

    :raises ValueError: no page has it.
    """
    if text not in {each.text for each in commands()}:
        raise ValueError(f"No page has the command {text}")
    return text


@cache
def commands() -> tuple[Snippet, ...]:
    """Return every command for a shell, in blocks and in sentences."""
    lines = [
        Snippet(each.page, each.language, line, each.line)
        for each in blocks()
        if each.language == "sh"
        for line in each.commands
    ]
    return (*lines, *inline_commands())


@cache
def inline_commands() -> tuple[Snippet, ...]:
    """Return the commands within sentences and tables: a program with an argument."""
    found = []
    for file in PAGES:
        text = file.read_text("utf-8")
        # Blocks keep their lines, so that the numbers of the others stay right.
        prose = BLOCK.sub(lambda match: "\n" * match[0].count("\n"), text)
        for match in INLINE.finditer(prose):
            words = match[1].replace("\\|", "|").split()
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if len(words) > 1 and words[0] in PROGRAMS:
                found.append(
                    Snippet(
                        str(file.relative_to(ROOT)),
                        "sh",
                        match[1].replace("\\|", "|"),
                        prose.count("\n", 0, match.start()) + 1,
                    )
                )
    return tuple(found)
