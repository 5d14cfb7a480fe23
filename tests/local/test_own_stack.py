"""What the tests start ends with them, even if they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.settings import ROOT
from standin_support.waiting import wait_until

USES_A_STACK = """
from tests.support.own_stack import own_stack
with own_stack(own_metadata=True) as stack:
    stack.up_without_airflow()
    print(stack.settings.state, flush=True)
    input()
"""


def processes_of(folder):
    """Return the processes whose environment or command line names a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        known = [*(process.info["cmdline"] or ()), *(process.info["environ"] or {}).values()]
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(folder) in text for text in known):
            found.append(process)
    return found


@pytest.mark.long("what killed tests leave behind")
def test_stack_of_a_killed_process_is_stopped_and_deleted():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", USES_A_STACK], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        folder = Path(process.stdout.readline().decode().strip())
        # The two PostgreSQL servers, the stand-in, and the process that removes them.
        assert len(processes_of(folder)) >= 4
        process.kill()
    wait_until(lambda: not folder.exists() and not processes_of(folder), "everything is gone")
