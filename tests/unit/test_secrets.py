"""The repository contains no secrets, and the scanner finds planted ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.leaks import PATTERNS, leaks

NOT_OURS = {".git", ".venv", ".local", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}

# Tests use their own short-lived warehouses, so their passwords are not secret.
ONLY_IN_TESTS = ("secret beside its name", "password in SQL", "password in a URL", "credentials in COPY")


def files() -> list[Path]:
    return sorted(
        file
        for top in ROOT.iterdir()
        # The environments of make test-airflow are .venv-VERSION.
        if top.name not in NOT_OURS and not top.name.startswith(".venv-")
        for file in ([top] if top.is_file() else top.rglob("*"))
        if file.is_file() and not NOT_OURS & set(file.relative_to(ROOT).parts)
    )


def found_in(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        return []
    found = leaks(text)
    if any(file.is_relative_to(ROOT / tests) for tests in ("tests", "standin/tests")):
        found = [finding for finding in found if not finding.endswith(ONLY_IN_TESTS)]
    return [f"{file.relative_to(ROOT)} {finding}" for finding in found]


def test_no_file_of_the_repository_holds_a_secret():
    assert not [finding for file in files() for finding in found_in(file)]


def test_product_never_names_a_key_pair_in_sql():
    product = [file for name in ("include", "plugins", "dags") for file in (ROOT / name).rglob("*.*")]
    # This folder reads the extras of a connection, which may have an access key, and writes no SQL.
    without_sql = ROOT / "plugins" / "redshift_elt" / "connection"
    sql = [file for file in product if file.suffix in (".py", ".sql") and without_sql not in file.parents]
    words = ("access_key_id", "secret_access_key", "master_symmetric_key", "aws_iam_role=")
    assert not [(file.name, word) for file in sql for word in words if word in file.read_text("utf-8").lower()]


# Written in two parts, so that the scanner does not find them in this file.
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AWS access key id", "key = AKIA" + "ABCDEFGHIJKLMNOP"),
        ("private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("password in a URL", "postgresql://awsuser:" + "Passw0rd1@localhost:5439/dev"),
        ("secret beside its name", "MasterUser" + 'Password="Passw0rd1"'),
        ("secret beside its name", '{"aws_secret_access_key"' + ": 'abc123defghij'}"),
        ("credentials in COPY", "copy t from 's3://b' credentials " + "'aws_access_key_id=x'"),
        ("password in SQL", "create user etl " + "password 'Passw0rd1'"),
    ],
)
def test_secret_is_found(kind, text):
    assert leaks(f"first line\n{text}") == [f"line 2: {kind}"]


def test_every_kind_of_secret_is_tried():
    (tried,) = [mark for mark in test_secret_is_found.pytestmark if mark.name == "parametrize"]
    assert {kind for kind, _ in tried.args[1]} == set(PATTERNS)


@pytest.mark.parametrize(
    "text",
    [
        "copy t from 's3://b/manifest' iam_role 'arn:aws:iam::123456789012:role/copy' manifest",
        "postgresql://awsuser:{password}@localhost:5439/dev",
        "postgresql://awsuser:***@localhost:5439/dev",
        'password = os.environ["PGPASSWORD"]',
        "export PGPASSWORD='***'",
        "aws://?region_name=us-west-2",
        '"continuation-token": "ContinuationToken"',
    ],
)
def test_text_that_only_mentions_a_secret_is_not_a_secret(text):
    assert leaks(text) == []


def test_known_secret_is_found_anywhere():
    assert leaks("Rendered: connect as awsuser/xK9-plain", known=("xK9-plain",)) == ["line 1: known secret"]
