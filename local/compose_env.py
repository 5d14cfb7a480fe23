"""``make env``: write ``.env``, which docker compose reads, with strong random secrets.

What the file has already stays as it is, so the command also adds what a new version needs. It uses only the standard
library, because a machine with Docker need not have the project's environment.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TARGETS = ("local", "aws")
_TARGET = re.compile(r"^TARGET=(\w+)", re.MULTILINE)
# A user of the group 0, as in the official images of Airflow. The containers do not run as root.
_AIRFLOW_UID = 50000
# Of the service in docker-compose.yaml.
STAND_IN_URL = "http://stand-in:5000"
# The access key of the stand-in is public (standin/README.md).
_LOCAL_AWS = {
    "conn_type": "aws",
    "login": "local-access-key",
    "password": "local-secret-key",
    "extra": {
        "endpoint_url": STAND_IN_URL,
        # A bucket has no host name of its own there.
        "config_kwargs": {"s3": {"addressing_style": "path"}},
    },
}
_AWS = {"conn_type": "aws", "login": "", "password": ""}
_REDSHIFT = {
    "conn_type": "redshift",
    "login": "sparkify_etl",
    "schema": "dev",
    "extra": {"iam": True, "cluster_identifier": "sparkify"},
}


@dataclass(frozen=True)
class Entry:
    """A line of the file.

    :param comment: what precedes it.
    """

    name: str
    value: str
    comment: str = ""

    def __str__(self) -> str:
        return f"{f'# {self.comment}{chr(10)}' if self.comment else ''}{self.name}={quoted(self.value)}\n"


class EnvError(Exception):
    """The file cannot be written. The message says why."""


def quoted(value: str) -> str:
    """Quote a value for docker compose, which interprets only quotes and backslashes within single quotes.

    :raises EnvError: the value contains a backslash or a line break, which cannot be quoted.
    """
    if re.search(r"[\\\r\n]", value):
        raise EnvError(f"{value!r} has a backslash or a line break, which .env cannot hold unchanged.")
    escaped = value.replace("'", "\\'")
    return value if re.fullmatch(r"[\w./:@+-]*", value) else f"'{escaped}'"


def entries(target: str) -> list[Entry]:
    """Return the lines of a new file.

    :param target: ``local`` for the stand-in, or ``aws``.
    """
    local = target == "local"
    aws = "The AWS credentials, as JSON. Empty login and password: those of the machine."
    certificate = [
        Entry("TRUSTED_CERTIFICATES", "/opt/stand-in/tls/bundle.pem", "The authorities, and the stand-in itself.")
    ]
    return [
        Entry("TARGET", target, "Whether this file is for the stand-in (local) or for an AWS account (aws)."),
        Entry("AIRFLOW_UID", str(os.getuid() or _AIRFLOW_UID), "The user that the containers run as."),
        Entry("FERNET_KEY", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), "The keys of Airflow."),
        Entry("API_SECRET_KEY", secrets.token_urlsafe(32)),
        Entry("JWT_SECRET", secrets.token_urlsafe(48)),
        Entry("POSTGRES_PASSWORD", secrets.token_urlsafe(24), "Airflow's database keeps the password it began with."),
        Entry("REDIS_PASSWORD", secrets.token_urlsafe(24)),
        Entry(
            "UI_ADMIN_PASSWORD", secrets.token_urlsafe(12), "The users of the UI: admin, and viewer, who only reads."
        ),
        Entry("UI_VIEWER_PASSWORD", secrets.token_urlsafe(12)),
        Entry("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(_LOCAL_AWS if local else _AWS), aws),
        Entry("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(_REDSHIFT), "The warehouse and the login, as JSON."),
        Entry("SPARKIFY_BUCKET", "sparkify-local" if local else "", "The bucket of the data."),
        Entry("SPARKIFY_REGION", "us-west-2" if local else "", "The AWS region of the bucket and of the warehouse."),
        *(certificate if local else []),
    ]


def missing(text: str, wanted: Iterable[Entry]) -> list[Entry]:
    """Return the entries that a file does not have.

    :param text: the content of the file.
    """
    present = set(re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", text, re.MULTILINE))
    return [entry for entry in wanted if entry.name not in present]


def unset(text: str, wanted: Iterable[Entry]) -> list[str]:
    """Return the names of the entries that have no value.

    :param text: the content of the file.
    """
    empty = re.findall(r"""^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:''|"")?[ \t]*$""", text, re.MULTILINE)
    return [entry.name for entry in wanted if entry.name in empty]


def target_of(file: Path) -> str:
    """Return the target of a file: ``local`` if it does not exist yet.

    :raises EnvError: it exists and does not say, as one from before ``make env``.
    """
    text = file.read_text("utf-8") if file.exists() else ""
    if found := _TARGET.search(text):
        return found[1]
    if text.strip():
        raise EnvError(
            f"{file} does not say what it is for: run make env TARGET=aws for an AWS account, or move it away first "
            "and run make env for the stand-in."
        )
    return "local"


def write_env(file: Path, target: str) -> list[str]:
    """Write the file, or add what it lacks, and return the names that were added. Only its owner can read it.

    :param target: ``local`` or ``aws``.
    :raises EnvError: the target is neither, or the file is for the other one.
    """
    if target not in _TARGETS:
        raise EnvError(f"TARGET is {target!r}: write local, for the stand-in, or aws.")
    text = file.read_text("utf-8") if file.exists() else ""
    if (found := _TARGET.search(text)) and found[1] != target:
        raise EnvError(f"{file} is for {found[1]}: move it away first, or run make env TARGET={found[1]}.")
    added = missing(text, entries(target))
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        # One that exists keeps its permissions otherwise.
        os.fchmod(descriptor, 0o600)
        stream.write("\n" if text and not text.endswith("\n") else "")
        stream.writelines(map(str, added))
    return [entry.name for entry in added]


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status.

    :param arguments: the target; without one, that of the file.
    """
    file = Path(__file__).resolve().parents[1] / ".env"
    try:
        target = arguments[0] if arguments else target_of(file)
        added = write_env(file, target)
    except EnvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{file}: added {', '.join(added)}." if added else f"{file} has everything already.")
    profile = "--profile local " if target == "local" else ""
    if incomplete := unset(file.read_text("utf-8"), entries(target)):
        print(f"Complete {' and '.join(incomplete)} in it.")
    if target == "aws" and "AIRFLOW_CONN_AWS_DEFAULT" in added:
        print("Complete AIRFLOW_CONN_AWS_DEFAULT too, unless the machine has credentials.")
    print(f"Then: docker compose {profile}up --build")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
