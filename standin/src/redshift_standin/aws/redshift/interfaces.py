"""What the life cycle of clusters needs from their records and from the Redshift endpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class ClusterEndpoints(Protocol):
    """Creates and removes the databases and the listeners of clusters."""

    def create(self, cluster: str, *, port: int, database: str, master_user: str, password_key: bytes) -> None:
        """Create the database if it is missing, and listen. Accept temporary passwords that this key has signed.

        :raises OSError: the port is in use.
        """

    def set_password(self, cluster: str, user: str, password: str) -> None:
        """Accept this permanent password for this user, and no longer the previous one."""

    def create_user(self, cluster: str, user: str) -> None:
        """Create a database user if it is missing."""

    def pause(self, cluster: str) -> None:
        """Close every connection and refuse new ones."""

    def resume(self, cluster: str) -> None:
        """Accept connections again."""

    def delete(self, cluster: str) -> None:
        """Stop listening and drop the database."""

    def save_snapshot(self, cluster: str, folder: Path) -> None:
        """Write the committed data into a folder, all or nothing. Clients stay connected."""

    def load_snapshot(self, cluster: str, folder: Path, *, database: str, master_user: str) -> None:
        """Create the database from a snapshot if it is missing, all or nothing."""

    def delete_snapshot(self, folder: Path) -> None:
        """Remove a snapshot if it exists."""

    def end_snapshots(self) -> None:
        """Make running and later operations on snapshots fail at once."""


class ClusterRecord(Protocol):
    """What the control plane knows of a cluster."""

    cluster_identifier: str
    db_name: str
    master_username: str
    master_user_password: str
    port: int
    status: str
    password_key: bytes
    restored_from: str | None

    def apply_changes(self) -> None:
        """Apply the pending changes."""


class SnapshotRecord(Protocol):
    """What the control plane knows of a snapshot."""

    snapshot_identifier: str
    folder: str
    status: str
