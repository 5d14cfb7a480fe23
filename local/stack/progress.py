"""The progress of a command on the terminal: one line per step, with its duration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

# Without a terminal, the details of a step are printed no more often than this.
DETAIL_SECONDS = 10


class Progress:
    """Shows the steps of one command; without a terminal, it prints plain lines."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._begun = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the block runs, and its duration when it has succeeded."""
        step = Step(title, self)
        with step:
            yield step
        self.line(step.done or title, step.seconds)

    def line(self, text: str, seconds: float | None = None) -> None:
        """Print a permanent line: the time since the command began, what happened, and how long it took."""
        took = "" if seconds is None else f"  [dim]({seconds:.1f} s)[/dim]"
        self.console.print(f"[dim]{self.elapsed:6.1f} s[/dim]  {escape(text)}{took}")

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._begun


class Step:
    """A step in progress.

    ``done`` replaces the title in the permanent line.
    """

    def __init__(self, title: str, progress: Progress) -> None:
        self.done: str | None = None
        self._title = title
        self._progress = progress
        self._begun = self._shown = time.monotonic()
        self._status = Status("", console=progress.console)

    def __enter__(self) -> Step:
        self._begun = self._shown = time.monotonic()
        if self._progress.console.is_terminal:
            self._status.start()
        self.detail("")
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._begun

    def detail(self, text: str) -> None:
        """Show details of the step; without a terminal, they are printed on a line of their own every ten seconds."""
        if self._progress.console.is_terminal:
            self._status.update(f"{escape(self._title)}  {escape(text)}  [dim]{self.seconds:.0f} s[/dim]")
        elif text and time.monotonic() - self._shown >= DETAIL_SECONDS:
            self._progress.line(f"{self._title}: {text}")
            self._shown = time.monotonic()
