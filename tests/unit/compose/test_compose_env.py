"""``make env`` writes a ``.env`` with strong secrets, keeps what is there, and says what it cannot do."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest

from local.compose_env import EnvError, entries, quoted, target_of, unset, write_env
from local.settings import ROOT
from tests.support.compose_file import read_env

DIFFICULT = "a $HOME #c, 'd' \"e\" %f@/:"


@pytest.mark.parametrize("value", [DIFFICULT, "", "plain", " spaces ", "$HOME", "${X}", "#", "'", '"', "a=b"])
def test_any_value_survives(tmp_path, value):
    file = tmp_path / ".env"
    file.write_text(f"BEFORE=1\nVALUE={quoted(value)}\nAFTER=2\n")
    assert read_env(file) == {"BEFORE": "1", "VALUE": value, "AFTER": "2"}


@pytest.mark.parametrize("value", ["a\\b", "a\nb"])
def test_value_that_cannot_be_written_is_refused(value):
    with pytest.raises(EnvError, match="backslash or a line break"):
        quoted(value)


def test_secrets_are_strong_different_and_private(tmp_path):
    first, second = tmp_path / "first.env", tmp_path / "second.env"
    for file in (first, second):
        write_env(file, "local")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secrets = {name for name in read_env(first) if re.search("PASSWORD|SECRET|KEY", name)}
    assert len(secrets) == 7
    values = [read_env(file)[name] for file in (first, second) for name in secrets]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 16


def test_what_is_there_is_kept_and_what_is_missing_is_added(tmp_path):
    file = tmp_path / ".env"
    file.write_text(f"UI_ADMIN_PASSWORD={quoted(DIFFICULT)}\n# FERNET_KEY=none\nMINE=1")
    file.chmod(0o644)
    added = write_env(file, "local")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = read_env(file)
    assert found["UI_ADMIN_PASSWORD"] == DIFFICULT
    assert found["MINE"] == "1"
    assert "UI_ADMIN_PASSWORD" not in added
    assert "FERNET_KEY" in added
    before = file.read_text()
    assert write_env(file, "local") == []
    assert file.read_text() == before


def test_file_for_an_account_is_not_turned_into_one_for_the_stand_in(tmp_path):
    file = tmp_path / ".env"
    write_env(file, "aws")
    before = file.read_text()
    with pytest.raises(EnvError, match="is for aws: move it away first, or run make env TARGET=aws"):
        write_env(file, "local")
    assert file.read_text() == before
    assert "stand-in:5000" not in before
    with pytest.raises(EnvError, match="TARGET is 'azure': write local, for the stand-in, or aws"):
        write_env(file, "azure")


def test_target_is_that_of_the_file(tmp_path):
    file = tmp_path / ".env"
    assert target_of(file) == "local"
    write_env(file, "aws")
    assert target_of(file) == "aws"
    file.write_text("FERNET_KEY=of an earlier version\n")
    with pytest.raises(EnvError, match="does not say what it is for: run make env TARGET=aws for an AWS account"):
        target_of(file)


def test_only_what_is_not_filled_in_has_to_be_completed(tmp_path):
    file = tmp_path / ".env"
    write_env(file, "aws")
    wanted = entries("aws")
    assert unset(file.read_text(), wanted) == ["SPARKIFY_BUCKET", "SPARKIFY_REGION"]
    file.write_text(file.read_text().replace("SPARKIFY_BUCKET=", "SPARKIFY_BUCKET=data") + "MINE=\n")
    assert unset(file.read_text(), wanted) == ["SPARKIFY_REGION"]
    file.write_text(file.read_text().replace("SPARKIFY_REGION=", "SPARKIFY_REGION=us-west-2"))
    assert unset(file.read_text(), wanted) == []


def test_containers_do_not_run_as_root():
    [uid] = [entry.value for entry in entries("local") if entry.name == "AIRFLOW_UID"]
    assert int(uid) > 0


def test_command_needs_only_the_standard_library():
    program = (
        "import sys, local.compose_env; print(sorted({'boto3', 'dotenv', 'httpx', 'rich', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("login", "place", "user"),
    [("redis", "redis:6379/0", ""), ("postgresql+psycopg2://airflow", "postgres:5432/airflow", "airflow")],
)
def test_url_of_a_server_holds_any_password(login, place, user):
    script = ROOT / "compose" / "connection_url.py"
    done = subprocess.run(
        [sys.executable, script, login, "PASSWORD", place],
        env={"PASSWORD": DIFFICULT},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout.endswith("\n"), "Airflow takes it as a part of the URL"
    url = urlsplit(done.stdout)
    assert unquote(url.password) == DIFFICULT
    assert (url.username, f"{url.hostname}:{url.port}{url.path}") == (user, place)
