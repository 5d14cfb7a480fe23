"""Run the property tests of the loads with new random examples, for a given time."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time

from local.errors import StackError
from local.settings import ROOT
from local.stack.interrupt import Interrupted
from local.stack.progress import Progress

PROPERTIES = "tests/warehouse/test_properties.py"
SEEDS = 2**32


def soak(progress: Progress, minutes: str, seed: str | None, tests: str = PROPERTIES) -> int:
    """Run rounds of examples until the time has passed or a round fails.

    A round is one run of pytest. Its seed determines every example, so a failed round can be repeated.

    :param minutes: no round starts after this many minutes, as the user writes them.
    :param seed: the first round's seed, as the user writes it; the following rounds count up. None picks a random one.
    :param tests: the file with the properties.
    :return: the exit status of the last round.
    :raises StackError: ``minutes`` or ``seed`` is not a number.
    """
    limit = 60 * _number("MINUTES", minutes)
    number = secrets.randbelow(SEEDS) if seed is None else int(_number("SEED", seed))
    begun = time.monotonic()
    while True:
        status, output = _round(tests, number)
        progress.line(f"seed {number}: {output.strip().splitlines()[-1]}")
        if status:
            progress.console.print(output, markup=False)
            progress.console.print(f"To repeat this round:  make soak MINUTES=0 SEED={number}")
            return status
        if time.monotonic() - begun >= limit:
            return 0
        number += 1


def _round(tests: str, seed: int) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "--hypothesis-profile=soak", f"--hypothesis-seed={seed}", tests]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            output, _ = process.communicate()
        except Interrupted:
            # Let pytest stop what its fixtures started.
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
    return process.returncode, output


def _number(name: str, text: str) -> float:
    if not text.replace(".", "", 1).isdecimal():
        raise StackError(f"{name}={text} is not a number.")
    return float(text)
