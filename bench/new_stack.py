"""PostgreSQL and the stand-in in a temporary folder, on free ports, for a measurement."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import StackError
from local.settings import ROOT
from local.stack.interrupt import Interrupted, held_back, raise_on_signals
from local.stack.progress import Progress

if TYPE_CHECKING:
    from local.stack.stack import Stack

Measure = Callable[["Stack", Path, Progress], None]


def on_new_stack(measure: Measure) -> int:
    """Start a stack without Airflow, measure, stop and remove everything, and return the exit status.

    :param measure: called with the stack, a folder for its files, and the progress display.
    """
    raise_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="sparkify-bench-"))
    try:
        folder.chmod(0o755)
        _run(measure, folder, Progress())
    except StackError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except Interrupted as interrupt:
        sys.stderr.write(f"interrupted ({interrupt})\n")
        return 128 + interrupt.number
    finally:
        with held_back():
            shutil.rmtree(folder)
    return 0


def _run(measure: Measure, folder: Path, progress: Progress) -> None:
    # Airflow reads these on import, and without AIRFLOW_HOME creates a folder in the user's home. So everything that
    # imports Airflow is imported afterwards.
    os.environ["AIRFLOW_HOME"] = str(folder / "airflow")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    sys.path.append(str(ROOT / "plugins"))
    from local.stack.stack import Stack
    from tests.support.own_stack import free_settings

    stack = Stack(free_settings(folder / "state"), progress)
    try:
        stack.up_without_airflow()
        measure(stack, folder, progress)
    finally:
        stack.down()
