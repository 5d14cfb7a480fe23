"""Background processes are identified by pid and creation time, and are stopped with all their children."""

import json
import os
import signal
import sys

import psutil
import pytest

from local.errors import StackError
from local.stack.daemon import Daemon, stop_all
from standin_support.waiting import wait_until

# A parent that starts a child in a new process group; optionally, both ignore SIGTERM.
FAMILY = """
import os, signal, subprocess, sys, time
if {deaf}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    time.sleep(600)
open({ready!r}, "w").write(str(child))
time.sleep(600)
"""


def start_family(daemon, ready, deaf=False):
    daemon.start([sys.executable, "-c", FAMILY.format(ready=str(ready), deaf=deaf)], os.environ)
    wait_until(lambda: ready.exists() and ready.read_text(), "the child is started")
    return int(ready.read_text())


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon("example", tmp_path, patience=1)
    yield daemon
    stop_all([daemon])


def leader(tmp_path):
    return json.loads((tmp_path / "run" / "example.json").read_text())["pid"]


@pytest.mark.parametrize("deaf", [False, True])
def test_stopping_ends_the_process_and_its_child(daemon, tmp_path, deaf):
    child = start_family(daemon, tmp_path / "ready", deaf)
    parent = leader(tmp_path)
    assert daemon.is_running()

    stop_all([daemon])

    assert is_gone(parent)
    assert is_gone(child)
    assert not daemon.is_running()


def test_child_that_outlives_its_parent_is_stopped(daemon, tmp_path):
    child = start_family(daemon, tmp_path / "ready")
    parent = leader(tmp_path)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert not daemon.is_running()
    assert not is_gone(child)

    stop_all([daemon])

    assert is_gone(child)


def test_another_object_for_the_same_folder_stops_it(daemon, tmp_path):
    child = start_family(daemon, tmp_path / "ready")

    stop_all([Daemon("example", tmp_path)])

    assert is_gone(child)


def test_process_that_reuses_the_pid_is_not_stopped(daemon, tmp_path):
    stranger = psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        record = {"pid": stranger.pid, "created": stranger.create_time() - 3600}
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "example.json").write_text(json.dumps(record))
        assert not daemon.is_running()

        stop_all([daemon])

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_stopping_a_process_that_never_ran_succeeds(daemon):
    stop_all([daemon])
    assert not daemon.is_running()


def test_process_that_exits_at_once_is_reported_with_its_last_line_and_log(daemon, tmp_path):
    daemon.start([sys.executable, "-c", "raise SystemExit('no such table')"], os.environ)
    wait_until(lambda: not daemon.is_running(), "the process is gone")

    with pytest.raises(StackError, match=f"example stopped.*no such table.*{tmp_path}/logs/example.log"):
        daemon.check_alive()


def test_process_does_not_read_the_terminal_and_has_its_own_session(daemon, tmp_path):
    start_family(daemon, tmp_path / "ready")
    assert os.getsid(leader(tmp_path)) == leader(tmp_path)
    assert os.getsid(leader(tmp_path)) != os.getsid(0)
