"""The secrets of a local Airflow: generated once per state folder, readable only by their owner."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """The secrets that Airflow's components share, and the passwords of the UI's two users."""

    fernet_key: str
    api_secret_key: str
    jwt_secret: str
    admin_password: str
    viewer_password: str

    @classmethod
    def of(cls, state: Path) -> Secrets:
        """Read the secrets of a state folder, or generate them if it has none."""
        file = state / "secrets.json"
        if not file.exists():
            write_private(file, json.dumps(asdict(cls._new()), indent=2))
        return cls(**json.loads(file.read_text()))

    @classmethod
    def _new(cls) -> Secrets:
        return cls(
            fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            api_secret_key=secrets.token_urlsafe(32),
            jwt_secret=secrets.token_urlsafe(48),
            admin_password=secrets.token_urlsafe(9),
            viewer_password=secrets.token_urlsafe(9),
        )


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, completely or not at all."""
    unfinished = file.with_name(file.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(file)
