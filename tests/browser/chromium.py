"""Finds the installed browser, and starts it without access to the internet."""

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
    # No host names are resolved, so the browser can only reach this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class NoBrowserError(Exception):
    """The browser in ``SPARKIFY_BROWSER`` does not exist."""


def find_browser(
    environ: Mapping[str, str] = os.environ, which: Callable[[str], str | None] = shutil.which
) -> str | None:
    """Return the program in ``SPARKIFY_BROWSER``, else the first Chromium or Chrome on PATH, else None.

    :raises NoBrowserError: the variable is set to something else: the tests must not be skipped then.
    """
    if named := environ.get(VARIABLE):
        if found := which(named):
            return found
        raise NoBrowserError(f"{VARIABLE} is {named!r}, which is no program: {HOW}")
    return next(filter(None, map(which, PROGRAMS)), None)


def flags(user_id: int) -> list[str]:
    """Return the command-line flags; Chromium's sandbox does not work for root."""
    return [*FLAGS, "--no-sandbox"] if user_id == 0 else [*FLAGS]
