"""How to reach a PostgreSQL server: a unix socket in a private folder, and no network address."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPERUSER = "rdsdb"

# The shortest limit for the path of a unix socket: 104 bytes including the final zero, on macOS.
SOCKET_PATH_BYTES = 103


@dataclass(frozen=True)
class Address:
    """How to reach a server: a unix socket that only its owner can open, hence no password.

    :param port: the number in the socket's name.
    """

    socket_dir: Path
    port: int
    user: str = SUPERUSER

    @classmethod
    def of(cls, data: Path, port: int) -> Address:
        """Return the address of the server of a data folder.

        The socket is in the data folder or, if its path were too long there, in a short path derived from the folder's
        name.
        """
        if len(os.fsencode(data / f".s.PGSQL.{port}")) <= SOCKET_PATH_BYTES:
            return cls(data, port)
        digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
        return cls(Path("/tmp") / f"redshift-standin-{digest}", port)  # noqa: S108 - created private, owner checked

    @property
    def socket(self) -> Path:
        """The path of the unix socket."""
        return self.socket_dir / f".s.PGSQL.{self.port}"

    def parameters(self, database: str) -> dict[str, Any]:
        """Return libpq's connection parameters for one database."""
        return {"host": str(self.socket_dir), "port": self.port, "user": self.user, "dbname": database}

    def sqlalchemy_url(self, database: str) -> str:
        """Return SQLAlchemy's address of one database, through psycopg2."""
        return f"postgresql+psycopg2://{self.user}@/{database}?host={self.socket_dir}&port={self.port}"
