"""A shell that sources the file gets every value unchanged."""

import subprocess

from local.settings import Settings
from local.stack.env_file import env_file, write_env_file


def source(file, expression):
    """Return the output of bash after sourcing the file, without a running stack."""
    script = f'source "{file}" 2>/dev/null; printf %s "{expression}"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout


def test_values_with_quotes_and_spaces_arrive_unchanged(tmp_path):
    value = """{"extra": {"iam": true}} it's $HOME `date` \\ "quoted" """
    settings = Settings(tmp_path, aws_port=1)
    write_env_file(settings, {"AIRFLOW_CONN_X": value})
    assert source(env_file(settings), "$AIRFLOW_CONN_X") == value


def test_only_its_owner_can_read_it(tmp_path):
    settings = Settings(tmp_path)
    write_env_file(settings, {})
    assert env_file(settings).stat().st_mode & 0o777 == 0o600


def test_sourcing_it_twice_adds_the_programs_to_the_path_once(tmp_path):
    settings = Settings(tmp_path, aws_port=1)
    write_env_file(settings, {})
    done = subprocess.run(
        ["bash", "-c", f'for time in 1 2; do source "{env_file(settings)}"; echo "$PATH"; done'],
        capture_output=True,
        text=True,
        check=True,
    )
    once, twice = done.stdout.splitlines()
    assert once == twice
