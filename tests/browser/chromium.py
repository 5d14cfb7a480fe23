"""The browser that the machine has: where it is, and how it is started so that it asks nobody outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping

VARIABLE = "SPARKIFY_BROWSER"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW = f"install Chromium (Debian, Ubuntu: apt install chromium), or set {VARIABLE} to a browser of its kind"

FLAGS = (
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name is resolved: whatever page or browser asks for is on this machine, or nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class NoBrowserError(Exception):
    """The browser that the environment names is not there."""


def find_browser(
    environ: Mapping[str, str] = os.environ, which: Callable[[str], str | None] = shutil.which
) -> str | None:
    """Return the program that ``SPARKIFY_BROWSER`` names, else the first Chromium or Chrome on PATH; None without one.

    :raises NoBrowserError: the variable names none: who sets it wants the tests to run.
    """
    if named := environ.get(VARIABLE):
        if found := which(named):
            return found
        raise NoBrowserError(f"{VARIABLE} is {named!r}, which is no program: {HOW}")
    return next(filter(None, map(which, PROGRAMS)), None)


def flags(user_id: int) -> list[str]:
    """Return the command line's flags; Chromium's sandbox refuses root."""
    return [*FLAGS, "--no-sandbox"] if user_id == 0 else [*FLAGS]
