"""Runs the commands of the documentation in a shell, as its readers do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from local.settings import ROOT

# Of the environment that runs the tests.
_PROGRAMS = Path(sys.executable).parent
# It uses that environment, and does not install anything into it.
_MAKE = f'make() {{ command make --old-file=install PROGRAMS="{_PROGRAMS}" "$@"; }}'
# What a make that runs the tests passes on to the programs that it starts.
_OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}


def run_in_shell(text: str, environment: Mapping[str, str], *, folder: Path = ROOT) -> str:
    """Run the lines of a code block up to the first one that fails, and return their output.

    :param text: the lines, as they are on the page.
    :param environment: variables in addition to those of this process.
    :param folder: the working directory.
    """
    done = subprocess.run(
        _shell(text),
        cwd=folder,
        env=_variables(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running_in_shell(text: str, environment: Mapping[str, str], *, folder: Path = ROOT) -> Iterator[subprocess.Popen]:
    """Run lines that start a server, whose output can be read, and interrupt it at the end, like Ctrl+C in a terminal.

    The parameters are those of :func:`run_in_shell`.
    """
    process = subprocess.Popen(
        _shell(text),
        cwd=folder,
        env=_variables(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        # The group of a terminal's foreground, in which Ctrl+C is not ignored, as it is in a background job.
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
    )
    with process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)


def _shell(text: str) -> list[str]:
    return ["bash", "-euo", "pipefail", "-c", f"{_MAKE}\n{text}"]


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    return {**inherited, "PATH": f"{_PROGRAMS}{os.pathsep}{os.environ['PATH']}", **environment}
