"""What a command shows while it works: one line a step with the time it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Progress:
    """The steps of one command on the terminal; plain lines where there is none."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._begun = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while the block runs, and its time when it has ended well."""
        step = Step(title, self)
        with step:
            yield step
        self.line(step.done or title, step.seconds)

    def line(self, text: str, seconds: float | None = None) -> None:
        """Print a line that stays: the time since the command began, what happened, and how long that took."""
        took = "" if seconds is None else f"  [dim]({seconds:.1f} s)[/dim]"
        self.console.print(f"[dim]{self.elapsed:6.1f} s[/dim]  {escape(text)}{took}")

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._begun


class Step:
    """One step that is under way.

    ``done`` replaces the title in the line that stays.
    """

    def __init__(self, title: str, progress: Progress) -> None:
        self.done: str | None = None
        self._title = title
        self._progress = progress
        self._detail = ""
        self._begun = time.monotonic()
        self._status = Status("", console=progress.console)

    def __enter__(self) -> Step:
        self._begun = time.monotonic()
        if self._progress.console.is_terminal:
            self._status.start()
        self.detail("")
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    @property
    def seconds(self) -> float:
        """How long the step has been under way."""
        return time.monotonic() - self._begun

    def detail(self, text: str) -> None:
        """Say how far the step is; without a terminal each change is a line of its own."""
        if self._progress.console.is_terminal:
            self._status.update(f"{escape(self._title)}  {escape(text)}  [dim]{self.seconds:.0f} s[/dim]")
        elif text and text != self._detail:
            self._progress.line(f"{self._title}: {text}")
        self._detail = text
