"""Test doubles and clients for the tests of the AWS services."""

from __future__ import annotations

import socket

import boto3
from botocore.config import Config

from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY, Settings
from redshift_standin.temporary_passwords import TemporaryPasswords


class RecordingEndpoints:
    """Records the calls that the PostgreSQL endpoints would receive: these tests need no database."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.passwords: list[tuple] = []
        self.users: list[tuple] = []
        self.temporary_passwords: dict[str, TemporaryPasswords] = {}

    def create(self, cluster, *, port, database, master_user, password_key):
        self.calls.append(("create", cluster, port, database, master_user))
        self.temporary_passwords[cluster] = TemporaryPasswords(password_key)

    def set_password(self, cluster, user, password):
        self.passwords.append((cluster, user, password))

    def create_user(self, cluster, user):
        self.users.append((cluster, user))

    def pause(self, cluster):
        self.calls.append(("pause", cluster))

    def resume(self, cluster):
        self.calls.append(("resume", cluster))

    def delete(self, cluster):
        self.calls.append(("delete", cluster))

    def save_snapshot(self, cluster, folder):
        self.calls.append(("save_snapshot", cluster, folder))

    def load_snapshot(self, cluster, folder, *, database, master_user):
        self.calls.append(("load_snapshot", cluster, folder, database, master_user))

    def end_snapshots(self):
        pass

    def delete_snapshot(self, folder):
        self.calls.append(("delete_snapshot", folder))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def client(settings: Settings, service: str, config: Config | None = None):
    """Create a client that does not retry unless ``config`` says otherwise."""
    return boto3.client(
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=config or Config(retries={"total_max_attempts": 1}),
    )
